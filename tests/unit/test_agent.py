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
SCRIPTS = str(Path(agent.__file__).parents[2])
LOOK = [
    sys.executable,
    "-c",
    f"import sys; sys.path.insert(0, {SCRIPTS!r}); from rollback.approval import agent; print(agent.client_above())",
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


def test_the_asking_client_is_the_nearest_claude_and_else_what_stands_above_the_shells(
    tmp_path: Path,
) -> None:
    shutil.copy(shutil.which("dash") or "/bin/sh", tmp_path / "claude")
    script = f"import sys; sys.path.insert(0, {SCRIPTS!r}); from rollback.approval import agent; print(agent.asking_client())"
    hook = ["sh", "-c", '"$@" || exit 2', "sh", sys.executable, "-c", script]

    def asked(*above: str) -> tuple[int, str]:
        """Number of the process started here, and the client that its hook sees."""
        started = subprocess.Popen([*above, *hook], stdout=subprocess.PIPE, text=True)
        return started.pid, started.communicate()[0].split(":")[0]

    claude, seen = asked(str(tmp_path / "claude"), "-c", 'sh -c \'"$@"; :\' sh "$@"; :', "sh")
    assert seen == str(claude)
    _, seen = asked("sh", "-c", '"$@"; :', "sh")
    assert seen == str(os.getpid())


@pytest.mark.parametrize("system", ["with /proc", "by ps"])
def test_a_client_is_known_by_number_and_start(
    monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    if system == "by ps":
        monkeypatch.setattr(agent, "_stat", lambda process, field: "")
    client = agent.asking_client()
    assert len(client.split()) == 1
    assert agent.is_below(client)
    number, _, start = client.partition(":")
    assert not agent.is_below(f"{number}:{start}0")
    child = subprocess.Popen(["sleep", "60"])
    assert not agent.is_below(f"{child.pid}:{agent._start(child.pid)}")
    child.kill()
    child.wait()
