"""The walk: the real scripts on the throw-away shop, as somebody at a terminal would type them."""

from __future__ import annotations

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
        run = walk(shop)
    except Stopped as stopped:
        print(f"error: {stopped}; fix: look into {root}", file=sys.stderr)
        return 1
    finally:
        subprocess.run(shop.control("stop"))
    print(farewell(shop, run))
    return 0


def walk(shop: project.Shop) -> Path:
    """Detect, history, plan, execute, summary, restore. Returns the run folder. Raises Stopped."""
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
    run, digest = (re.search(rf"^{word}: +(\S+)", plan, re.M) for word in ("run", "digest"))
    if not run or not digest:
        raise Stopped("the plan names no run and digest")
    say(APPROVAL)
    approved = (run[1], "--digest", digest[1])
    script(shop, "Do it.", "execute.py", *approved, "--reason", "the shop answers 500")
    look(shop)
    script(shop, "What happened?", "summary.py")
    back = (
        "And the undo. v4 is as broken as it was, so this ends with 7: restored, but not healthy."
    )
    script(shop, back, "restore.py", *approved, "--reason", "end of the demo", ends=(7,))
    look(shop)
    return Path(run[1])


def script(
    shop: project.Shop, title: str, name: str, *words: str, ends: tuple[int, ...] = (0,)
) -> str:
    """Run one script in the project as a person would, show it, and return its output."""
    say(title)
    print(f"$ {shlex.join(['python3', f'scripts/{name}', *words])}", flush=True)
    started = subprocess.Popen(
        [sys.executable, str(SCRIPTS / name), *words],
        cwd=shop.project,
        env={**os.environ, "XDG_STATE_HOME": str(shop.root / "state")},
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


def farewell(shop: project.Shop, run: Path) -> str:
    files = [f"  {path}" for path in sorted(run.rglob("*")) if path.is_file()]
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
