"""One run at a time, for as long as any of its processes lives."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from records import python, unwritable

from rollback.errors import Locked, Usage
from rollback.records import lock


def test_the_second_is_told_who_holds_it(tmp_path: Path) -> None:
    with (
        lock.hold(tmp_path, "ana@web1, run 20261123-040511"),
        pytest.raises(Locked) as told,
        lock.hold(tmp_path, "bob"),
    ):
        pass
    assert (told.value.code, told.value.exit_code) == ("locked", 9)
    assert "ana@web1, run 20261123-040511 since 20" in told.value.message


def test_it_is_free_again_afterwards(tmp_path: Path) -> None:
    for who in ("ana, a long name", "bob"):
        with lock.hold(tmp_path, who):
            assert (tmp_path / lock.FILE).read_text().startswith(f"{who} since ")


def test_the_holder_s_line_is_cleaned(tmp_path: Path) -> None:
    with lock.hold(tmp_path, "ana\n<b>\x1b[2J"):
        (tmp_path / lock.FILE).write_text("eve\x1b[2J\u202e<b>\nsecond")
        with pytest.raises(Locked, match="eve ‹b› second"), lock.hold(tmp_path, "bob"):
            pass


def test_no_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / lock.FILE).parent.mkdir(parents=True)
    (tmp_path / "theirs").write_text("theirs")
    (tmp_path / lock.FILE).symlink_to(tmp_path / "theirs")
    with pytest.raises(Usage), lock.hold(tmp_path, "ana"):
        pass
    assert (tmp_path / "theirs").read_text() == "theirs"


def test_a_project_that_cannot_be_written_is_told() -> None:
    with (
        unwritable() as project,
        pytest.raises(Usage, match="Permission denied"),
        lock.hold(project, "ana"),
    ):
        pass


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    with lock.hold(tmp_path, "ana"):
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(3):
            with pytest.raises(Locked), lock.hold(tmp_path, "bob"):
                pass
        assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.programs
def test_a_command_that_outlives_its_run_keeps_the_lock(tmp_path: Path) -> None:
    with lock.hold(tmp_path, "ana") as handle:
        command = subprocess.Popen(["cat"], stdin=subprocess.PIPE, pass_fds=[handle])
    with pytest.raises(Locked, match="ana") as told, lock.hold(tmp_path, "bob"):
        pass
    assert "gone" not in told.value.message and told.value.fix.startswith("wait until it ends")
    command.communicate()
    with lock.hold(tmp_path, "bob"):
        pass


@pytest.mark.programs
def test_what_a_killed_run_left_running_is_findable(tmp_path: Path) -> None:
    dead = subprocess.Popen(["true"])
    dead.wait()
    with lock.hold(tmp_path, "ana"):
        (tmp_path / lock.FILE).write_text(f"ana since 2026 (pid {dead.pid})\n")
        for attempt in (lock.look, lambda project: lock.hold(project, "bob").__enter__()):
            with pytest.raises(Locked) as told:
                attempt(tmp_path)
            assert told.value.message.endswith("is gone, but something it started still runs")
            assert f"fuser {tmp_path / lock.FILE} or lsof" in told.value.fix


@pytest.mark.programs
def test_a_killed_run_leaves_no_lock(tmp_path: Path) -> None:
    hold = "with lock.hold(Path(sys.argv[1]), 'ana'): print('held', flush=True); time.sleep(60)"
    code = f"import sys, time; from pathlib import Path; from rollback.records import lock\n{hold}"
    holder = python(code, tmp_path)
    assert holder.stdout is not None
    holder.stdout.readline()
    with pytest.raises(Locked), lock.hold(tmp_path, "bob"):
        pass
    holder.kill()
    holder.communicate()
    with lock.hold(tmp_path, "bob"):
        pass


@pytest.mark.programs
def test_it_is_the_lock_that_flock_takes(tmp_path: Path) -> None:
    with lock.hold(tmp_path, "ana"):
        assert subprocess.run(["flock", "-n", str(tmp_path / lock.FILE), "true"]).returncode == 1
    assert subprocess.run(["flock", "-n", str(tmp_path / lock.FILE), "true"]).returncode == 0
