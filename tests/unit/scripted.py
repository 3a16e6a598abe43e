"""A project whose releases are words in files, so that rendered scripts can be run for real under bash."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from rollback import clock
from rollback.approval import approvals
from rollback.model import Command, Guard, Move, Plan, Probe, Release, Step, Target, Undo
from rollback.records import run as runs
from rollback.script import render

BIN = "/usr/local/bin:/usr/bin:/bin"


def sh(script: str, *words: str, timeout: float = 10) -> Command:
    return Command(("sh", "-c", script, "sh", *words), timeout)


class World:
    """Files a, b, ... hold v2 and go back to v1. Every start is approved afresh unless told otherwise."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.project, self.home, self.bin = root / "project", root / "home", root / "bin"
        for folder in (self.project, self.home, self.bin):
            folder.mkdir()
        self.run = self.project

    def file(self, name: str) -> Path:
        return self.project / f"{name}.release"

    def release(self, name: str) -> str:
        return self.file(name).read_text().strip()

    def move(self, name: str) -> Move:
        return Move(
            Target("staging", "words", name, f"here/{name}", False), Release("v2"), Release("v1")
        )

    def guard(self, name: str, index: int) -> Guard:
        return Guard(
            f"release of {name}", Command(("cat", str(self.file(name)))), ("v2",), ("v1",), (index,)
        )

    def step(self, name: str, index: int, **changes: object) -> Step:
        def write(word: str) -> Command:
            return sh('echo "$1" >"$2"', word, str(self.file(name)))

        def proof(word: str) -> Probe:
            return Probe(Command(("cat", str(self.file(name))), 10), word)

        step = Step(
            f"{name}.switch",
            f"Switch {name} to v1",
            write("v1"),
            proof("v1"),
            Undo(write("v2"), proof("v2")),
            moves=(index,),
            deadline=10,
        )
        return replace(step, **changes)

    def plan(self, *names: str, steps: list[Step] | None = None, **changes: object) -> Plan:
        for name in names:
            self.file(name).write_text("v2\n")
        plan = Plan(
            "ready", clock.now(), clock.now(3600), "app", "staging", False, str(self.project), "words",
            tuple(self.move(name) for name in names), tuple(self.guard(name, at) for at, name in enumerate(names)),
            tuple(self.step(name, at) for at, name in enumerate(names)) if steps is None else tuple(steps),
        )  # fmt: skip
        return replace(plan, **changes)

    def save(self, plan: Plan, **payloads: str) -> Path:
        self.run = runs.create(self.project)
        (self.run / "state").mkdir()
        for name, content in payloads.items():
            (self.run / "state" / name).write_text(content)
        runs.save_plan(self.run, plan)
        render.scripts(plan, self.run)
        return self.run

    def approve(self, verb: str = "execute") -> str:
        return approvals.mint(self.project, approvals.digest(self.run), verb)

    def environment(self, **more: str) -> dict[str, str]:
        return {"PATH": f"{self.bin}:{BIN}", "HOME": str(self.home), **more}

    def start(
        self, verb: str = "execute", nonce: str | None = None, *words: str, **more: str
    ) -> subprocess.Popen[str]:
        key = (
            {"ROLLBACK_NONCE": self.approve(verb) if nonce is None else nonce}
            if nonce != ""
            else {}
        )
        return subprocess.Popen(
            ["bash", str(self.run / render.SCRIPTS[verb]), *words],  # type: ignore[index]
            env=self.environment(**key, **more), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True, cwd=self.root,
        )  # fmt: skip

    def do(
        self, verb: str = "execute", nonce: str | None = None, *words: str, **more: str
    ) -> tuple[int, str]:
        process = self.start(verb, nonce, *words, **more)
        said, _ = process.communicate(timeout=60)
        return process.returncode, said

    def journal(self) -> list[str]:
        return [f"{line.script} {line.step} {line.event}" for line in runs.journal(self.run)]

    def tool(self, name: str, body: str) -> Path:
        """A program of ours on PATH, before the system's."""
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return path


def wait_for(condition: object, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    made = World(tmp_path)
    monkeypatch.setenv("HOME", str(made.home))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("PATH", f"{made.bin}:{os.environ['PATH']}")
    for mark in ("CLAUDECODE", "CLAUDE_CODE_SESSION_ID"):
        monkeypatch.delenv(mark, raising=False)
    yield made
