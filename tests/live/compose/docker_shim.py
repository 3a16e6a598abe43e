"""Stands in for `docker` (or docker-compose) and ends the whole run with SIGKILL at one moment, once; else passes everything on.

$SHIM holds `real` (path of the program) and `moment`: guard, start, end, proof, or an event of a container during `up`
(create, die, destroy, rename, start). The run is every ancestor below the process whose id is in $SHIM/stop.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

SHIM = Path(__file__).resolve().parent
DOCKER = Path("/usr/bin/docker")


def end_the_run() -> None:
    (SHIM / "moment").write_text("over")
    stop, pid, run = int((SHIM / "stop").read_text()), os.getppid(), []
    while pid not in (stop, 1):
        run.append(pid)
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    for one in reversed(run):  # from the top: nobody is left who could react
        os.kill(one, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def during_up(command: list[str], moment: str) -> None:
    project = command[command.index("--project-name") + 1]
    watch = subprocess.Popen(
        ["docker-real", "events", "--filter", f"label=com.docker.compose.project={project}", "--filter", "type=container", "--format", "{{.Action}}"],
        executable=str(DOCKER), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    changing = subprocess.Popen(command, start_new_session=True)
    for line in watch.stdout or ():
        if line.strip() == moment:
            break
    os.killpg(changing.pid, signal.SIGKILL)
    watch.kill()
    end_the_run()


def main() -> None:
    moment, real = (SHIM / "moment").read_text().strip(), (SHIM / "real").read_text().strip()
    command, words = [real, *sys.argv[1:]], set(sys.argv[1:])
    if "up" in words:
        if moment == "start":
            end_the_run()
        if moment in ("create", "die", "destroy", "rename"):
            during_up(command, moment)
        if moment in ("end", "proof"):
            subprocess.run(command, check=True)
            if moment == "proof":
                (SHIM / "moment").write_text("look")
                sys.exit(0)
            end_the_run()
    if (moment, "info" in words) == ("guard", True) or (moment, "inspect" in words) == (
        "look",
        True,
    ):
        end_the_run()
    os.execv(real, command)


main()
