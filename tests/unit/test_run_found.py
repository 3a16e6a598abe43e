"""Which run a script takes: the newest that it is about, or the one that was named."""

from __future__ import annotations

from pathlib import Path

import pytest
from records import journal
from test_run import named

from rollback.errors import Blocked, Usage
from rollback.records import run


def test_without_a_name_each_script_takes_the_newest_that_it_is_about(tmp_path: Path) -> None:
    first, second, third = (named(tmp_path, second) for second in (1, 2, 3))
    journal(first, "rollback one start")
    journal(second, "rollback one start")
    assert run.find(tmp_path, None, "execute") == third
    assert run.find(tmp_path, None, "restore") == second
    assert run.find(tmp_path, None, "summary") == third


def test_an_older_run_is_never_taken_in_its_place(tmp_path: Path) -> None:
    named(tmp_path, 1)
    run.abandon(named(tmp_path, 2))
    with pytest.raises(Blocked):
        run.find(tmp_path, None, "execute")


def test_a_run_is_named_by_path_or_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = named(tmp_path, 1)
    named(tmp_path, 2)
    monkeypatch.chdir(tmp_path.parent)
    for which in (
        str(folder),
        folder.name,
        f"{folder}/",
        f"{tmp_path.name}/{folder.name}",
        f"./{tmp_path.name}/{folder.name}",
    ):
        assert run.find(tmp_path, which, "execute") == folder


@pytest.mark.parametrize(
    "which",
    [
        "nothing",
        ".",
        "..",
        "/",
        "file",
        "link",
        ".rollback-checkpoint-20261123-04050",
        "\x00",
        "x" * 5000,
        "../../etc",
    ],
)
def test_what_is_no_run_is_refused(tmp_path: Path, which: str) -> None:
    folder = named(tmp_path, 1)
    (tmp_path / ".rollback-checkpoint-20261123-040502").touch()
    (tmp_path / ".rollback-checkpoint-20261123-040503").symlink_to(folder)
    which = {
        "file": ".rollback-checkpoint-20261123-040502",
        "link": ".rollback-checkpoint-20261123-040503",
    }.get(which, which)
    with pytest.raises(Usage) as told:
        run.find(tmp_path, which, "execute")
    assert told.value.code == "no-run"
    assert run.folders(tmp_path) == [folder]


def test_the_newest_unfinished_run_is_named(tmp_path: Path) -> None:
    for folder in (runs := [named(tmp_path, second) for second in (1, 2, 3)])[:2]:
        journal(folder, "rollback one start")
    assert run.unfinished(tmp_path) == runs[1]


@pytest.mark.parametrize("purpose", ["execute", "restore", "summary"])
def test_without_runs_there_is_none_to_take(tmp_path: Path, purpose: run.Purpose) -> None:
    with pytest.raises(Usage) as told:
        run.find(tmp_path, None, purpose)
    assert told.value.code == "no-run"


def test_a_run_that_was_never_started_is_not_restored(tmp_path: Path) -> None:
    with pytest.raises(Usage) as told:
        run.find(tmp_path, named(tmp_path, 1).name, "restore")
    assert told.value.code == "run-not-started"
