"""Run the parts of the test suite side by side, each under a time limit, its output printed in one piece when it ends.

Usage: run_parts.py [--live-required]
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from typing import IO

from tests.parts import ROOT, SIDE_BY_SIDE, Part, parts

GRACE = 120  # seconds that an interrupted part has to stop its engines


@dataclass
class Result:
    """`seconds` is wall time; `summary` is pytest's last line, `failures` its lines of failed tests."""

    part: Part
    outcome: str
    seconds: float = 0
    summary: str = ""
    failures: tuple[str, ...] = ()

    def __str__(self) -> str:
        row = f"{self.part.name:<22} {self.seconds / 60:5.1f} min  {self.outcome}{self.summary}"
        return "\n".join([row, *(f"    {line[:160]}" for line in self.failures)])


@dataclass
class Running:
    """One part at work, its output in a file."""

    part: Part
    output: IO[bytes] = field(default_factory=tempfile.TemporaryFile)
    began: float = field(default_factory=time.monotonic)
    interrupted: bool = False

    def __post_init__(self) -> None:
        print(f"-- {self.part.name}", flush=True)
        self.process = subprocess.Popen(
            self.part.command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def ended(self) -> bool:
        """Whether it has ended; interrupts it at its limit and kills it when it ignores that."""
        if self.process.poll() is not None:
            return True
        if self.seconds > self.part.limit + GRACE:
            self.signal(signal.SIGKILL)
        elif self.seconds > self.part.limit and not self.interrupted:
            self.interrupt()
        return False

    def interrupt(self) -> None:
        self.interrupted = True
        self.signal(signal.SIGINT)

    def signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def result(self) -> Result:
        """Print the output and return how it ended."""
        self.output.seek(0)
        text = self.output.read().decode(errors="replace").strip()
        outcome = "passed" if self.process.returncode == 0 else "FAILED"
        if self.interrupted:
            hung = self.seconds > self.part.limit
            outcome = f"HUNG, ended after {self.part.limit} s" if hung else "ENDED with the run"
        print(f"\n== {self.part.name}: {outcome}\n{text}\n", flush=True)
        return Result(self.part, outcome, self.seconds, summary(text), failures(text))


def summary(text: str) -> str:
    """The counts of pytest's last line, such as ` (12 passed, 3 skipped in 8.1s)`."""
    last = text.rpartition("\n")[2].strip("= ")
    return f" ({last})" if " in " in last and last[:1].isdigit() else ""


def failures(text: str) -> tuple[str, ...]:
    """The failed tests, each with its reason, as pytest lists them last."""
    return tuple(line for line in text.splitlines() if line.startswith(("FAILED ", "ERROR ")))


class Schedule:
    """Which part starts when."""

    def __init__(self, waiting: list[Part], required: bool) -> None:
        self.waiting, self.required = waiting, required
        self.running: list[Running] = []
        self.results: list[Result] = []

    def run(self) -> list[Result]:
        try:
            while self.waiting or self.running:
                self.start()
                self.collect()
                time.sleep(0.1)
        finally:
            self.stop()
        return self.results

    def start(self) -> None:
        for part in list(self.waiting):
            if bed := self.broken_bed(part):
                self.waiting.remove(part)
                self.results.append(Result(part, f"NOT RUN: {bed} failed"))
            elif self.may_start(part):
                self.waiting.remove(part)
                self.running.append(Running(part))

    def may_start(self, part: Part) -> bool:
        unfinished = {other.name for other in [*self.waiting, *(run.part for run in self.running)]}
        if unfinished.intersection(part.needs):
            return False
        beside = [run.part for run in self.running if not run.part.background]
        if any(part.shares & other.shares for other in beside):
            return False
        return part.background or len(beside) < SIDE_BY_SIDE

    def broken_bed(self, part: Part) -> str:
        """A lane whose bed failed says why by itself where it may be skipped."""
        failed = [result.part.name for result in self.results if result.outcome != "passed"]
        return next((name for name in part.needs if self.required and name in failed), "")

    def collect(self) -> None:
        for run in [run for run in self.running if run.ended()]:
            self.running.remove(run)
            self.results.append(run.result())

    def stop(self) -> None:
        """When the run itself is ended: interrupt every part, and wait until each has stopped its engines."""
        for run in self.running:
            run.interrupt()
        for run in self.running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                run.process.wait(GRACE)
            run.signal(signal.SIGKILL)
            run.process.wait()
            run.result()


def _ended(number: int, frame: object) -> None:
    """Leave by way of `Schedule.stop`, also where the shell made a background job ignore Ctrl-C."""
    raise SystemExit(128 + number)


def main(words: list[str]) -> int:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _ended)
    required = "--live-required" in words
    began = time.monotonic()
    results = Schedule(parts(required), required).run()
    print("== Result", *results, sep="\n")
    print(f"{'total':<22} {(time.monotonic() - began) / 60:5.1f} min")
    optional = () if required else ("bed: ",)
    failed = [
        one for one in results if one.outcome != "passed" and not one.part.name.startswith(optional)
    ]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
