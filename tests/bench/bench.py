"""How long things take, as rows of references/performance.md: start-up, detection, and a rollback beside the plain commands in the same run.

Usage: .venv/<X.Y>/bin/python tests/bench/bench.py [startup] [detection] [folders]      (nothing named: all)
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from demo import project as shops  # noqa: E402
from tests.bench import large_tree  # noqa: E402

Row = tuple[str, str]


def milliseconds(do: Callable[[], object], times: int = 11) -> float:
    """The median of several runs."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        do()
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken)


def script(name: str, *words: object, cwd: Path, ends: tuple[int, ...] = (0,)) -> str:
    command = [sys.executable, str(ROOT / "scripts" / f"{name}.py"), *map(str, words)]
    done = subprocess.run(
        command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert done.returncode in ends, (command, done.stdout, done.stderr)
    return done.stdout


def startup(scratch: Path) -> Iterator[Row]:
    """Whole processes, from exec to exit."""
    yield (
        "python3 -c ''",
        f"{milliseconds(lambda: subprocess.run([sys.executable, '-c', ''], check=True)):.0f} ms",
    )
    for path in sorted((ROOT / "scripts").glob("[a-z]*.py")):
        if path.stem != "approve":
            yield (
                f"`{path.name} --help`",
                f"{milliseconds(lambda name=path.stem: script(name, '--help', cwd=scratch)):.0f} ms",
            )
    hook = [sys.executable, str(ROOT / "scripts" / "approve.py")]
    call = json.dumps(
        {
            "hook_event_name": "PreToolUse",
            "tool_name": "Bash",
            "tool_input": {"command": "ls"},
            "cwd": str(scratch),
        }
    )
    yield (
        "the hook on any other tool call",
        f"{milliseconds(lambda: subprocess.run(hook, input=call, text=True, capture_output=True)):.0f} ms",
    )


def detection(scratch: Path) -> Iterator[Row]:
    tree = large_tree.make(scratch / "large")
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    yield (
        "`git ls-files`, 20,003 files",
        f"{milliseconds(lambda: subprocess.run(listing, cwd=tree, capture_output=True, check=True)):.0f} ms",
    )
    yield (
        "`detect.py` there, nothing cached",
        f"{milliseconds(lambda: script('detect', '--clear-cache', cwd=tree)):.0f} ms",
    )
    yield "`detect.py` there, cached", f"{milliseconds(lambda: script('detect', cwd=tree)):.0f} ms"
    shutil.rmtree(tree)


def folders(scratch: Path) -> Iterator[Row]:
    """A link switch and a restart, by hand and by plan and execute: the same shop, turn by turn."""
    os.environ["XDG_STATE_HOME"] = str(scratch / "state")
    bare, planned, executed = [], [], []
    for turn in range(5):
        shop = shops.make(scratch / f"shop{turn}")
        live, good = (_folder(shop, number) for number in (-1, 1))
        subprocess.run(shop.control("restart"), check=True)
        bare.append(milliseconds(lambda shop=shop, good=good: _by_hand(shop, good), 1))
        _by_hand(shop, live)
        start = time.perf_counter()
        plan = json.loads(script("plan", "demo", "previous", "--json", cwd=shop.project))
        planned.append((time.perf_counter() - start) * 1000)
        words = (plan["run"], "--digest", plan["digest"], "--reason", "bench")
        executed.append(
            milliseconds(
                lambda shop=shop, words=words: script("execute", *words, cwd=shop.project), 1
            )
        )
        subprocess.run(shop.control("stop"), check=True)
    hand, plan_ms, execute_ms = map(statistics.median, (bare, planned, executed))
    yield "release folders: `ln -s`, `mv -T`, restart by hand", f"{hand:.0f} ms"
    yield "release folders: `plan.py` (changes nothing)", f"{plan_ms:.0f} ms"
    yield (
        "release folders: `execute.py`, to the second healthy look",
        f"{execute_ms:.0f} ms ({execute_ms / hand:.1f} x by hand)",
    )


def _folder(shop: shops.Shop, number: int) -> Path:
    return sorted((shop.server / "releases").iterdir())[number]


def _by_hand(shop: shops.Shop, release: Path) -> None:
    link = shop.server / ".current.new"
    subprocess.run(["ln", "-s", release, link], check=True)
    subprocess.run(["mv", "-T", link, shop.server / "current"], check=True)
    subprocess.run(shop.control("restart"), check=True)


def main(names: list[str]) -> None:
    parts = {"startup": startup, "detection": detection, "folders": folders}
    print("| what | median |\n|---|---|")
    with tempfile.TemporaryDirectory(prefix="rollback-bench-") as scratch:
        for name in names or parts:
            for what, took in parts[name](Path(scratch)):
                print(f"| {what} | {took} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
