"""The audit says who did what; nobody changes, removes or cuts a line unseen."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from records import full_after, journal, planned, python, unwritable

from rollback import VERSION
from rollback.approval import person
from rollback.errors import Drifted, Usage
from rollback.records import audit, run


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for event in ("plan", "approval", "start", "end"):
        audit.record(tmp_path, event, run="r", reason="checkout fails")
    return tmp_path


def lines(project: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (project / audit.FILE).read_text().splitlines()]


def test_a_line_says_who_when_what_and_why(project: Path) -> None:
    line = lines(project)[2]
    assert (line["event"], line["who"], line["reason"], line["version"], line["seq"]) == (
        "start",
        person.name(),
        "checkout fails",
        VERSION,
        3,
    )
    assert line["at"].endswith("Z")


def test_an_untouched_audit_is_proven(project: Path) -> None:
    assert audit.verify(project) == {
        "lines": 4,
        "head": audit.head(project),
        "damaged": [],
        "heads": 0,
    }


def test_no_audit_is_an_empty_one(tmp_path: Path) -> None:
    assert audit.verify(tmp_path) == {"lines": 0, "head": audit.START, "damaged": [], "heads": 0}
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("change, line", [
    (lambda rows: [*rows[:1], rows[1].replace(b"checkout", b"checkuot"), *rows[2:]], 2),
    (lambda rows: [*rows[:3], rows[3].replace(b"checkout", b"checkuot")], 4),
    (lambda rows: [rows[0], *rows[2:]], 2),
    (lambda rows: rows[1:], 1),
    (lambda rows: [rows[0], rows[2], rows[1], rows[3]], 2),
    (lambda rows: [*rows, rows[3]], 5),
    (lambda rows: [rows[0], rows[0], *rows[1:]], 2),
    (lambda rows: [*rows[:1], b"{}", *rows[1:]], 2),
    (lambda rows: [*rows[:1], b"gone", *rows[2:]], 3),
    (lambda rows: [*rows[:1], rows[1].replace(b'"seq":2', b'"seq": 2'), *rows[2:]], 2),
])  # fmt: skip
def test_a_line_that_was_changed_removed_or_moved_is_named(
    project: Path, change: Callable[[list[bytes]], list[bytes]], line: int
) -> None:
    file = project / audit.FILE
    file.write_bytes(b"\n".join(change(file.read_bytes().splitlines())) + b"\n")
    with pytest.raises(Drifted, match=f"line {line}:") as told:
        audit.verify(project)
    assert told.value.code == "audit-broken"


@pytest.mark.parametrize("kept", [0, 3])
def test_a_tail_that_was_cut_off_shows_by_the_head_in_a_summary(project: Path, kept: int) -> None:
    folder = run.create(project)
    (folder / "summary.md").write_text(f"# Rollback\n\naudit: {audit.head(project)}\n")
    audit.record(project, "later")
    assert audit.verify(project)["heads"] == 1
    file = project / audit.FILE
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:kept]))
    with pytest.raises(Drifted, match=folder.name) as told:
        audit.verify(project)
    assert told.value.code == "audit-cut"


@pytest.mark.parametrize("rest", [b'{"seq":5,"at', b"\x00\x00\x00", b'{"seq":5}\nxx'])
def test_a_line_that_a_kill_cut_short_is_told_and_the_chain_goes_on(
    project: Path, rest: bytes
) -> None:
    with open(project / audit.FILE, "ab") as file:
        file.write(rest.replace(b'{"seq":5}\n', b""))
    audit.record(project, "later")
    found = audit.verify(project)
    assert (found["lines"], found["damaged"]) == (5, [5])


def test_facts_cannot_pose_as_the_chain(tmp_path: Path) -> None:
    fake = f'","prev":"{"0" * 64}","hash":"{"1" * 64}"}}'
    audit.record(tmp_path, "plan", reason=fake, more={fake: [fake]}, hash="1" * 64, prev="x")
    audit.record(tmp_path, "plan")
    assert audit.verify(tmp_path)["lines"] == 2


def test_credentials_and_hidden_characters_stay_out(tmp_path: Path) -> None:
    reason = "see https://ana:hunter2@x/y, password=hunter2 TOKEN: hunter2\x1b[2J\u202e <b>"
    audit.record(tmp_path, "plan", reason=reason, nested=[{"api_key=hunter2": "token=hunter2"}])
    text = (tmp_path / audit.FILE).read_text()
    assert "hunter2" not in text
    assert "https://***@x/y" in text
    assert not set(text) & {"\x1b", "\u202e", "<"}


def test_undecodable_text_is_recorded(tmp_path: Path) -> None:
    audit.record(tmp_path, "plan", reason="caf\udce9 größe")
    assert lines(tmp_path)[0]["reason"] == "caf größe"


def test_a_journal_is_taken_over_once(project: Path) -> None:
    folder = planned(project)
    audit.take_over(project, folder)
    journal(folder, "rollback one start", "rollback one done")
    audit.take_over(project, folder)
    journal(folder, "rollback two start")
    audit.take_over(project, folder)
    audit.take_over(project, folder)
    steps = [
        (line["script"], line["step"], line["did"])
        for line in lines(project)
        if line["event"] == "step"
    ]
    assert steps == [
        ("rollback.sh", "one", "start"),
        ("rollback.sh", "one", "done"),
        ("rollback.sh", "two", "start"),
    ]
    assert audit.verify(project)["lines"] == 7


def test_what_scripts_did_by_hand_is_taken_over_from_every_run(project: Path) -> None:
    for folder in [planned(project) for _ in range(3)][1:]:
        journal(folder, "rollback one start", "rollback one done")
    for _ in range(2):
        audit.take_over(project)
    assert (
        len({(line["run"], line["did"]) for line in lines(project) if line["event"] == "step"}) == 4
    )
    assert audit.verify(project)["lines"] == 8


def test_the_journals_of_two_runs_are_kept_apart(project: Path) -> None:
    for _ in range(2):
        folder = planned(project)
        journal(folder, "rollback one start")
        audit.take_over(project, folder)
    assert len([line for line in lines(project) if line["event"] == "step"]) == 2


def test_a_full_disk_is_told_and_breaks_no_chain(project: Path) -> None:
    size = (project / audit.FILE).stat().st_size
    with full_after(size + 50), pytest.raises(Usage) as told:
        audit.record(project, "lost")
    assert told.value.code == "not-writable"
    audit.record(project, "kept")
    assert audit.verify(project)["lines"] == 5


def test_a_project_that_cannot_be_written_is_told() -> None:
    with unwritable() as project, pytest.raises(Usage, match="Permission denied"):
        audit.record(project, "plan")


WRITER = """import sys; from pathlib import Path; from rollback.records import audit
for n in range(int(sys.argv[2])): audit.record(Path(sys.argv[1]), 'e'); print(n, flush=True)"""


@pytest.mark.programs
def test_writers_side_by_side_make_one_chain(tmp_path: Path) -> None:
    writers = [python(WRITER, tmp_path, 20) for _ in range(4)]
    assert [(writer.communicate()[1], writer.returncode) for writer in writers] == [("", 0)] * 4
    assert audit.verify(tmp_path)["lines"] == 80


@pytest.mark.programs
def test_killed_writers_leave_a_chain_that_can_be_proven(tmp_path: Path) -> None:
    for _ in range(5):
        writer = python(WRITER, tmp_path, 100_000)
        assert writer.stdout is not None
        for _ in range(20):
            writer.stdout.readline()
        writer.kill()
        writer.communicate()
        assert audit.verify(tmp_path)["lines"] >= 20
