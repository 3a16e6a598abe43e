"""Are we beneath an agent client? Found by its marks and its name; nothing else is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rollback.approval import agent

pytestmark = pytest.mark.programs
SCRIPTS = str(Path(agent.__file__).parents[1])
LOOK = [
    sys.executable,
    "-c",
    f"import sys; sys.path.insert(0, {SCRIPTS!r}); from rollback import agent; print(agent.client_above())",
]
CLEAN = {"PATH": os.environ["PATH"]}


def look(tmp_path: Path, *above: str, **environment: str) -> str:
    """In a process that init adopted, so that whatever runs these tests is not above it."""
    answer = tmp_path / "answer"
    words = [
        "setsid",
        "--fork",
        "sh",
        "-c",
        'out=$1; shift; "$@" >"$out.part" 2>&1; mv "$out.part" "$out"',
        "sh",
        str(answer),
        *above,
        *LOOK,
    ]
    subprocess.run(words, env={**CLEAN, **environment}, check=True)
    for _ in range(500):
        if answer.exists():
            return answer.read_text().strip()
        time.sleep(0.02)
    raise AssertionError("no answer")


def test_a_clean_process_is_beneath_nobody(tmp_path: Path) -> None:
    assert look(tmp_path) == "None"


@pytest.mark.parametrize("mark", agent.MARKS)
@pytest.mark.parametrize("value", ["1", ""])
def test_a_mark_in_our_own_environment_tells(tmp_path: Path, mark: str, value: str) -> None:
    assert mark in look(tmp_path, **{mark: value})


@pytest.mark.parametrize("mark", agent.MARKS)
def test_a_mark_further_up_tells(tmp_path: Path, mark: str) -> None:
    assert mark in look(
        tmp_path,
        "env",
        f"{mark}=1",
        "sh",
        "-c",
        f'env -u {mark} "$@"; :',
        "sh",
        "sh",
        "-c",
        '"$@"; :',
        "sh",
    )


def test_an_ancestor_named_claude_tells(tmp_path: Path) -> None:
    shutil.copy(shutil.which("dash") or "/bin/sh", tmp_path / "claude")
    assert "claude" in look(tmp_path, str(tmp_path / "claude"), "-c", '"$@"; :', "sh")


@pytest.mark.parametrize(
    "environment", [{"CLAUDECODEX": "1"}, {"X": "CLAUDECODE=1"}, {"CLAUDE_CONFIG_DIR": "/x"}]
)
def test_other_variables_do_not(tmp_path: Path, environment: dict[str, str]) -> None:
    assert look(tmp_path, **environment) == "None"


def test_a_program_whose_name_only_begins_so_does_not(tmp_path: Path) -> None:
    shutil.copy(shutil.which("dash") or "/bin/sh", tmp_path / "claudette")
    assert look(tmp_path, str(tmp_path / "claudette"), "-c", '"$@"; :', "sh") == "None"
