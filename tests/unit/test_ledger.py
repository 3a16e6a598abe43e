"""The ledger keeps what runs and deploy scripts found out."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from records import full_after, python, unwritable

from rollback.errors import Usage
from rollback.records import ledger
from rollback.settings.environment import LedgerEntry

GOOD = LedgerEntry(
    "2026-11-23T04:05:11Z",
    "staging",
    "release-folders",
    "here:/srv/shop",
    "shop",
    "20261123",
    None,
    "good",
)


def test_what_is_recorded_is_read_oldest_first(tmp_path: Path) -> None:
    later = replace(
        GOOD,
        release="20261124",
        verdict="failed",
        artifact="sha256:1",
        run=".rollback-checkpoint-20261124-000000",
    )
    ledger.record(tmp_path, [GOOD])
    ledger.record(tmp_path, [later])
    assert ledger.read(tmp_path, "staging") == (GOOD, later)


def test_environments_are_kept_apart(tmp_path: Path) -> None:
    other = replace(GOOD, environment="production")
    ledger.record(tmp_path, [GOOD, other])
    assert ledger.read(tmp_path, "production") == (other,)
    assert ledger.read(tmp_path) == (GOOD, other)


def test_nothing_recorded_is_nothing_read_and_nothing_made(tmp_path: Path) -> None:
    ledger.record(tmp_path, [])
    assert ledger.read(tmp_path, "staging") == ()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "line", ['{"at": "2026', "{}", "[]", "\x00", '{"at": 3}', '{"verdict": "good"}']
)
def test_a_damaged_line_is_left_out_and_told(tmp_path: Path, line: str) -> None:
    ledger.record(tmp_path, [GOOD])
    with open(tmp_path / ledger.FILE, "a") as file:
        file.write(line)
    ledger.record(tmp_path, [GOOD])
    assert ledger.read(tmp_path) == (GOOD, GOOD)
    assert ledger.damaged(tmp_path) == (2,)


def test_an_unknown_verdict_is_neither_written_nor_believed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="fine"):
        ledger.record(tmp_path, [replace(GOOD, verdict="fine")])
    ledger.record(tmp_path, [GOOD])
    file = tmp_path / ledger.FILE
    file.write_text(file.read_text().replace('"good"', '"fine"'))
    assert (ledger.read(tmp_path), ledger.damaged(tmp_path)) == ((), (1,))


def test_a_line_of_a_newer_version_with_more_to_say_is_understood(tmp_path: Path) -> None:
    ledger.record(tmp_path, [GOOD])
    file = tmp_path / ledger.FILE
    file.write_text(file.read_text().replace('{"at"', '{"more":1,"at"'))
    assert ledger.read(tmp_path) == (GOOD,)


def test_text_of_others_is_cleaned(tmp_path: Path) -> None:
    ledger.record(tmp_path, [replace(GOOD, release="v1\x1b[2J\n<b>\ud800")])
    assert ledger.read(tmp_path)[0].release == "v1 ‹b›"


def test_all_entries_are_written_or_none(tmp_path: Path) -> None:
    ledger.record(tmp_path, [GOOD])
    with full_after(300), pytest.raises(Usage) as told:
        ledger.record(tmp_path, [GOOD, GOOD])
    assert told.value.code == "not-writable"
    ledger.record(tmp_path, [GOOD])
    assert (len(ledger.read(tmp_path)), ledger.damaged(tmp_path)) == (2, ())


def test_a_project_that_cannot_be_written_is_told() -> None:
    with unwritable() as project, pytest.raises(Usage, match="Permission denied"):
        ledger.record(project, [GOOD])


@pytest.mark.programs
def test_deploy_scripts_side_by_side_lose_no_line(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from rollback import ledger; from rollback.environment import LedgerEntry\n"
        "for n in range(20): ledger.record(Path(sys.argv[1]), [LedgerEntry('t', 'e', 'p', 'w', 'a', f'{sys.argv[2]}{n}', None, 'good')])"
    )
    writers = [python(code, tmp_path, name) for name in "abcd"]
    assert [(writer.communicate()[1], writer.returncode) for writer in writers] == [("", 0)] * 4
    assert sorted(entry.release for entry in ledger.read(tmp_path)) == sorted(
        f"{name}{n}" for name in "abcd" for n in range(20)
    )
    assert ledger.damaged(tmp_path) == ()
