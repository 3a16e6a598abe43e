"""Run folders: made once, found by rule, told apart by their journal."""

from __future__ import annotations

import os
import stat
from datetime import datetime, timezone
from pathlib import Path

import pytest
from records import NOBODY, journal, plan, planned, python, unwritable

from rollback.errors import Blocked, Locked, RollbackError, Usage
from rollback.records import lock, run
from rollback.records.journal import own
from rollback.records.prune import prune


def named(project: Path, second: int, **how: object) -> Path:
    folder = project / f".rollback-checkpoint-20261123-0405{second:02}"
    folder.mkdir()
    run.save_plan(folder, plan(**how))  # type: ignore[arg-type]
    return folder


def test_a_run_is_a_private_folder_named_by_the_second(tmp_path: Path) -> None:
    before = datetime.now(timezone.utc).strftime("%Y%m%d-%H%M%S")
    old = os.umask(0o777)
    folder = run.create(tmp_path)
    os.umask(old)
    assert (
        before
        <= folder.name.removeprefix(".rollback-checkpoint-")
        <= datetime.now(timezone.utc).strftime("%Y%m%d-%H%M%S")
    )
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_second_that_is_taken_is_left_alone(tmp_path: Path) -> None:
    folders = [run.create(tmp_path) for _ in range(5)]
    assert run.folders(tmp_path) == folders


@pytest.mark.programs
def test_plans_made_at_once_get_folders_of_their_own(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from rollback.records import run\nfor _ in range(10): print(run.create(Path(sys.argv[1])))"
    made = [maker.communicate()[0].split() for maker in [python(code, tmp_path) for _ in range(3)]]
    assert len({name for names in made for name in names}) == 30


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files for others")
def test_what_a_script_wrote_under_sudo_is_given_to_the_run_s_owner(tmp_path: Path) -> None:
    folder = planned(tmp_path)
    os.chown(folder, NOBODY, NOBODY)
    journal(folder, "rollback one start")
    (tmp_path / "theirs").touch()
    own(folder)
    assert (folder / "journal.jsonl").stat().st_uid == NOBODY
    (folder / "rollback.log").symlink_to(tmp_path / "theirs")
    with pytest.raises(Usage):
        own(folder)
    assert (tmp_path / "theirs").stat().st_uid == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files for others")
def test_under_sudo_a_run_belongs_to_the_project_s_owner(tmp_path: Path) -> None:
    os.chown(tmp_path, NOBODY, NOBODY)
    folder = planned(tmp_path)
    run.abandon(folder)
    assert {path.stat().st_uid for path in (folder, *folder.iterdir())} == {NOBODY}


def test_a_project_that_cannot_be_written_is_told() -> None:
    with unwritable() as project, pytest.raises(Usage, match="Permission denied"):
        run.create(project)


def test_a_plan_comes_back_as_it_was_without_an_adapter_s_own_facts(tmp_path: Path) -> None:
    folder = run.create(tmp_path)
    run.save_plan(folder, plan())
    assert "s3cret" not in (folder / "plan.json").read_text()
    assert run.load_plan(folder).steps == plan().steps
    assert stat.S_IMODE((folder / "plan.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"verdict": 3}', "[" * 100_000])
def test_a_plan_that_cannot_be_read_is_told(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "plan.json").write_text(text)
    with pytest.raises(Usage) as told:
        run.load_plan(tmp_path)
    assert told.value.code == ("plan-missing" if text is None else "plan-damaged")


JOURNALS = [
    ("new", []),
    ("unfinished", ["rollback one start"]),
    ("unfinished", ["rollback one start", "rollback one done"]),
    ("unfinished", ["rollback one start", "rollback one done", "rollback two start", "rollback two failed"]),
    ("finished", ["rollback one start", "rollback one done", "rollback two start", "rollback two done"]),
    ("finished", ["rollback one done", "rollback two start", "rollback two failed", "rollback one done", "rollback two done"]),
    ("unfinished", ["rollback one start", "rollback one done", "rollback two done", "restore one start"]),
    ("unfinished", ["rollback one start", "rollback two start", "restore two done", "restore one start", "restore one failed"]),
    ("restored", ["rollback one start", "rollback two start", "restore two done", "restore one start", "restore one done"]),
    ("restored", ["rollback one start", "restore one done"]),
    ("finished", ["rollback one start", "rollback one done", "rollback two done", "restore one done", "rollback one done", "rollback two done"]),
    ("unfinished", ["rollback one start", "rollback one done", "rollback two done", "restore one done", "rollback one start"]),
]  # fmt: skip


@pytest.mark.parametrize("state, lines", JOURNALS)
def test_the_journal_is_the_truth_of_a_run(tmp_path: Path, state: str, lines: list[str]) -> None:
    folder = planned(tmp_path)
    journal(folder, *lines)
    assert run.state(folder) == state


def test_a_step_without_a_way_back_does_not_keep_a_run_from_being_restored(tmp_path: Path) -> None:
    folder = planned(tmp_path, steps=("one", "restart"))
    journal(
        folder,
        "rollback one start",
        "rollback one done",
        "rollback restart start",
        "rollback restart done",
        "restore one done",
    )
    assert run.state(folder) == "restored"


def test_a_journal_line_that_a_kill_cut_short_says_nothing(tmp_path: Path) -> None:
    folder = planned(tmp_path)
    journal(folder, "rollback one start")
    with open(folder / "journal.jsonl", "a") as file:
        file.write('{"at": "2026-11-23T04:05:11Z", "script": "rollback.sh", "st')
    assert [line.event for line in run.journal(folder)] == ["start"]


def test_a_started_run_whose_plan_is_damaged_is_unfinished(tmp_path: Path) -> None:
    folder = planned(tmp_path)
    journal(folder, "rollback one start")
    (folder / "plan.json").write_text("{")
    assert run.unfinished(tmp_path) == folder


def test_an_abandoned_run_is_closed(tmp_path: Path) -> None:
    folder = planned(tmp_path)
    journal(folder, "rollback one start")
    assert run.unfinished(tmp_path) == folder
    run.abandon(folder)
    assert (run.state(folder), run.unfinished(tmp_path)) == ("abandoned", None)
    with pytest.raises(Blocked) as told:
        run.find(tmp_path, None, "execute")
    assert told.value.code == "run-abandoned"
    assert run.find(tmp_path, None, "restore") == folder


def test_pruning_keeps_the_way_back_what_is_unfinished_and_what_may_be_approved(
    tmp_path: Path,
) -> None:
    finished, expired, unfinished, blocked, restored, half, valid = (
        named(tmp_path, n, verdict="blocked" if n == 4 else "ready", valid=-1 if n == 2 else 900)
        for n in range(1, 8)
    )
    journal(finished, "rollback one done", "rollback two done")
    journal(unfinished, "rollback one start")
    journal(restored, "rollback one start", "restore one done")
    (half / "plan.json").unlink()
    os.utime(half, (0, 0))
    assert prune(tmp_path) == [finished, expired, blocked, half]
    assert run.folders(tmp_path) == [unfinished, restored, valid]
    assert prune(tmp_path) == []


def test_a_run_with_a_backup_is_not_pruned(tmp_path: Path) -> None:
    old = named(tmp_path, 1, verdict="blocked")
    assert run.BACKUP == "backup"
    (old / "backup").mkdir()
    assert (prune(tmp_path), old.exists()) == ([], True)


def test_a_folder_in_the_making_is_not_pruned(tmp_path: Path) -> None:
    folder = run.create(tmp_path)
    assert prune(tmp_path) == []
    assert folder.exists()


def test_pruning_waits_for_a_run_at_work(tmp_path: Path) -> None:
    run.abandon(named(tmp_path, 1))
    with lock.hold(tmp_path, "ana, run 7"), pytest.raises(Locked, match="ana, run 7"):
        prune(tmp_path)


def test_pruning_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "data").touch()
    folder = named(tmp_path, 1)
    (folder / "state").symlink_to(tmp_path / "theirs")
    run.abandon(folder)
    assert prune(tmp_path) == [folder]
    assert (tmp_path / "theirs" / "data").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to make a folder that we cannot read")
def test_a_run_of_somebody_else_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents[:2]:
        parent.chmod(0o755)
    folder = planned(tmp_path)
    os.seteuid(NOBODY)
    try:
        with pytest.raises(RollbackError, match="Permission denied") as told:
            run.state(folder)
    finally:
        os.seteuid(0)
    assert told.value.exit_code == 2
