"""The runner of the test suite: side by side, each in its time, nothing lost and nothing green that did not run."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import parts, run_parts
from tests.parts import Part
from tests.run_parts import Result, Schedule

pytestmark = pytest.mark.programs


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """`main` sets those of its process."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def python(name: str, code: str, limit: int = 20, **more: object) -> Part:
    return Part(name, (sys.executable, "-c", code), limit, **more)  # type: ignore[arg-type]


def run(*waiting: Part, required: bool = True) -> dict[str, Result]:
    return {result.part.name: result for result in Schedule(list(waiting), required).run()}


def meet(folder: Path, me: str, other: str) -> str:
    """Ends well if the other part runs at the same time."""
    return (
        f"import pathlib, time; here = pathlib.Path({str(folder)!r}); (here / {me!r}).touch()\n"
        f"end = time.monotonic() + 5\n"
        f"while not (here / {other!r}).exists(): assert time.monotonic() < end; time.sleep(0.02)\n"
    )


def test_two_parts_run_at_once(tmp_path):
    results = run(python("a", meet(tmp_path, "a", "b")), python("b", meet(tmp_path, "b", "a")))
    assert [result.outcome for result in results.values()] == ["passed", "passed"]


def test_what_shares_something_never_does(tmp_path):
    code = f"import os, time; os.mkdir({str(tmp_path / 'x')!r}); time.sleep(0.3); os.rmdir({str(tmp_path / 'x')!r})"
    shared = [python(name, code, shares=frozenset({"engine"})) for name in "ab"]
    assert [result.outcome for result in run(*shared).values()] == ["passed", "passed"]


def test_no_more_than_that_run_at_once(tmp_path):
    code = (
        f"import os, pathlib, time; here = pathlib.Path({str(tmp_path)!r}); mine = here / str(os.getpid()); mine.touch()\n"
        f"time.sleep(0.4); assert len(list(here.iterdir())) <= {parts.SIDE_BY_SIDE}; mine.unlink()"
    )
    assert {
        result.outcome for result in run(*(python(name, code) for name in "abcde")).values()
    } == {"passed"}


def test_the_last_lines_name_each_failed_test(tmp_path, capsys):
    (tmp_path / "test_x.py").write_text(
        "def test_sums(): assert 1 + 1 == 3\ndef test_fine(): pass\n"
    )
    words = (sys.executable, "-m", "pytest", "-rfEs", "-p", "no:cacheprovider", str(tmp_path))
    print(run(Part("lane", words, 60))["lane"])
    row = capsys.readouterr().out.rpartition("lane   ")[2]
    assert "1 failed, 1 passed" in row and "::test_sums" in row
    assert "test_fine" not in row


def test_a_lane_waits_for_its_bed_and_others_do_not(tmp_path):
    made = tmp_path / "made"
    bed = python(
        "bed: x", f"import time; time.sleep(0.5); open({str(made)!r}, 'w')", background=True
    )
    lane = python("lane", f"open({str(made)!r})", needs=("bed: x",))
    other = python("other", f"import os; assert not os.path.exists({str(made)!r})")
    assert {name: result.outcome for name, result in run(bed, lane, other).items()} == {
        "other": "passed",
        "bed: x": "passed",
        "lane": "passed",
    }


def test_a_bed_that_fails_shows_its_log_and_fails_the_run(monkeypatch, capfd):
    bed = python("bed: x", "print('no such module'); raise SystemExit(3)", background=True)
    suite = [bed, python("lane", "print('ran')", needs=("bed: x",))]
    monkeypatch.setattr(run_parts, "parts", lambda required: list(suite))
    assert run_parts.main(["--live-required"]) == 1
    printed = capfd.readouterr().out
    assert "== bed: x: FAILED\nno such module" in printed
    assert "NOT RUN: bed: x failed" in printed and "ran" not in printed
    assert run_parts.main([]) == 0, "without --live-required the lane says by itself what it lacks"
    assert "ran" in capfd.readouterr().out


def test_a_failed_part_fails_the_run(monkeypatch, capfd):
    monkeypatch.setattr(
        run_parts, "parts", lambda required: [python("a", "raise SystemExit(1)"), python("b", "")]
    )
    assert run_parts.main([]) == 1
    assert "a                        0.0 min  FAILED\n" in capfd.readouterr().out


def test_a_part_that_hangs_is_interrupted_and_may_stop_what_it_started(tmp_path, capfd):
    code = f"import time\ntry: print('working', flush=True); time.sleep(30)\nfinally: open({str(tmp_path / 'stopped')!r}, 'w')"
    began = time.monotonic()
    assert run(python("a", code, limit=1))["a"].outcome == "HUNG, ended after 1 s"
    assert time.monotonic() - began < 15
    assert (tmp_path / "stopped").exists()
    assert "working" in capfd.readouterr().out


def test_what_ignores_the_interrupt_is_killed(monkeypatch):
    monkeypatch.setattr(run_parts, "GRACE", 1)
    code = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(30)"
    began = time.monotonic()
    assert run(python("a", code, limit=1))["a"].outcome == "HUNG, ended after 1 s"
    assert time.monotonic() - began < 15


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_ended_ends_its_parts(tmp_path, number):
    code = (
        f"import pathlib, time; here = pathlib.Path({str(tmp_path)!r})\n"
        "try: print('so far', flush=True); (here / 'began').touch(); time.sleep(30)\n"
        "finally: (here / 'stopped').touch()"
    )
    suite = (
        "import sys; from tests import parts, run_parts\n"
        f"run_parts.parts = lambda required: [parts.Part('a', (sys.executable, '-c', {code!r}), 60)]\n"
        "sys.exit(run_parts.main([]))"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", suite], cwd=parts.ROOT, stdout=subprocess.PIPE, text=True
    )
    while not (tmp_path / "began").exists():
        time.sleep(0.05)
    running.send_signal(number)
    printed = running.communicate(timeout=20)[0]
    assert (running.returncode, (tmp_path / "stopped").exists()) == (128 + number, True)
    assert "== a: ENDED with the run\nso far\n" in printed


def test_output_comes_in_one_piece(capfd):
    code = "import time\nfor n in range(5): print('{0}', n, flush=True); time.sleep(0.05)"
    run(python("a", code.format("a")), python("b", code.format("b")))
    printed = capfd.readouterr().out
    assert all("\n".join(f"{name} {n}" for n in range(5)) in printed for name in "ab")


def test_the_counts_of_a_lane_stand_beside_its_minutes():
    assert (
        run_parts.summary("SKIPPED [3] x\n3 passed, 3 skipped in 8.10s")
        == " (3 passed, 3 skipped in 8.10s)"
    )
    assert run_parts.summary("All checks passed!") == ""


def test_every_lane_of_the_table_has_a_folder_and_every_need_a_bed():
    names = {part.name for part in parts.parts(required=True)}
    assert {f"live: {name}" for name in parts.LANES} <= names
    assert {need for part in parts.parts(required=True) for need in part.needs} <= names


def test_every_live_test_file_is_in_one_lane():
    run = [word for part in parts.lanes() for word in part.command]
    files = [str(file.relative_to(parts.ROOT)) for file in parts.LIVE.glob("*/test_*.py")]
    lanes = {file: run.count(file) + run.count(file.rpartition("/")[0]) for file in files}
    assert {file: number for file, number in lanes.items() if number != 1} == {}


def test_without_private_networks_lanes_take_turns(monkeypatch):
    monkeypatch.setattr(parts, "lanes_can_be_private", lambda: False)
    beside = [part for part in parts.lanes() if "unshare" not in part.command and not part.shares]
    assert [part.name for part in beside] == ["live: demo"]
