"""The walk: the real scripts on the throw-away shop, as somebody at a terminal would type them."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])  # started as `python3 demo`

from demo import project  # noqa: E402

APPROVAL = """\
The approval: this environment is unprotected, and its committed settings say
# `unattended: true`: the digest of the plan just shown is enough.
# For production a person types ROLLBACK PRODUCTION."""
SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"


class Stopped(Exception):
    """A script did not end as it should; the folder stays for a look."""


def main() -> int:
    if not shutil.which("git"):
        print(
            "error: the demo needs git, which is not installed; fix: install git", file=sys.stderr
        )
        return 69
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    root = Path(tempfile.mkdtemp(prefix="rollback-demo-")).resolve()
    shop = project.make(root)
    try:
        subprocess.run(shop.control("restart"), check=True)
        runs = walk(shop)
    except Stopped as stopped:
        print(f"error: {stopped}; fix: look into {root}", file=sys.stderr)
        return 1
    finally:
        subprocess.run(shop.control("stop"))
    print(farewell(shop, runs))
    return 0


def walk(shop: project.Shop) -> list[Path]:
    """Roll v4 back, restore it, then roll v5 back with its migration.

    Returns the run folders. Raises Stopped.
    """
    print(
        "A shop with four releases: v1 and v2 were fine, the deploy of v3 failed half-way, "
        f"v4 is live and broken.\nProject: {shop.project}"
    )
    look(shop)
    script(shop, "What deploys this project?", "detect.py")
    script(shop, "What could we go back to?", "history.py", "demo")
    plan = script(
        shop, "What exactly would happen? Nothing is changed yet.", "plan.py", "demo", "previous"
    )
    run = folder_of(plan)
    say(APPROVAL)
    approved = (str(run), "--digest", digest_of(shop, run))
    script(shop, "Do it.", "execute.py", *approved, "--reason", "the shop answers 500")
    look(shop)
    script(shop, "What happened?", "summary.py")
    back = (
        "And the undo. v4 is as broken as it was, so this ends with 7: restored, but not healthy."
    )
    script(shop, back, "restore.py", *approved, "--reason", "end of the first half", ends=(7,))
    look(shop)
    return [run, with_the_database(shop)]


def with_the_database(shop: project.Shop) -> Path:
    """Roll v5 back: the old code cannot run on its schema. Returns the run folder."""
    project.rename(shop)
    subprocess.run(shop.control("restart"), check=True)
    say("Then v5 is deployed. Its migration renames a column, and it is as broken as v4.")
    look(shop)
    refused = "Back to v2? Its code asks for the old column: blocked, nothing is changed."
    script(shop, refused, "plan.py", "demo", "previous", ends=(6,))
    title = "With the database: the migration goes back first, after a backup."
    plan = script(shop, title, "plan.py", "demo", "previous", "--with-db")
    run = folder_of(plan)
    approved = (str(run), "--digest", digest_of(shop, run))
    script(shop, "Do it.", "execute.py", *approved, "--reason", "v5 answers 500")
    look(shop)
    again = "And the undo: the same migration forward again, then v5, which is still broken."
    script(shop, again, "restore.py", *approved, "--reason", "end of the demo", ends=(7,))
    look(shop)
    return run


def folder_of(plan: str) -> Path:
    """Return the run folder that a plan's command names. Raises Stopped."""
    command = re.search(r"^next: +(.+)", plan, re.M)
    if not command:
        raise Stopped("the plan names no command")
    return Path(shlex.split(command[1])[-1])


def digest_of(shop: project.Shop, run: Path) -> str:
    """Return the digest of a run, as checkpoint.py prints it."""
    argv = [sys.executable, str(SCRIPTS / "checkpoint.py"), str(run), "--json"]
    done = subprocess.run(argv, cwd=shop.project, capture_output=True, text=True)
    if done.returncode:
        raise Stopped(f"checkpoint.py ended with {done.returncode}")
    return str(json.loads(done.stdout)["digest"])


def script(
    shop: project.Shop, title: str, name: str, *words: str, ends: tuple[int, ...] = (0,)
) -> str:
    """Run one script in the project as a person would, show it, and return its output."""
    say(title)
    print(f"$ {shlex.join(['python3', f'scripts/{name}', *words])}", flush=True)
    started = subprocess.Popen(
        [sys.executable, str(SCRIPTS / name), *words],
        cwd=shop.project,
        env={
            **os.environ,
            "XDG_STATE_HOME": str(shop.root / "state"),
            project.URL: f"sqlite:///{shop.database}",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    lines = []
    for line in started.stdout or ():
        print(line, end="", flush=True)
        lines.append(line)
    if started.wait() not in ends:
        raise Stopped(f"{name} ended with {started.returncode}")
    return "".join(lines)


def look(shop: project.Shop) -> None:
    """Print what a customer of the shop gets."""
    try:
        with urllib.request.urlopen(shop.health, timeout=5) as answer:  # noqa: S310 our own server
            status, body = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        status, body = error.code, error.read()
    say(f"GET {shop.health} answers {status} {body.decode()}")


def say(text: str) -> None:
    print(f"\n# {text}", flush=True)


def farewell(shop: project.Shop, runs: list[Path]) -> str:
    files = [f"  {path}" for run in runs for path in sorted(run.rglob("*")) if path.is_file()]
    data = [
        f"  {path}" for path in sorted((shop.project / ".claude").rglob("*.*l")) if path.is_file()
    ]
    title = "\n# The server is stopped. Look at:"
    return "\n".join(
        [
            title,
            *files,
            *data,
            f"  {shop.server}",
            f"Done with it? rm -r {shlex.quote(str(shop.root))}",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
