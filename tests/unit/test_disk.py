"""Our files are whole or absent, private, and belong to the folder's owner."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from records import NOBODY, full_after, python, unwritable

from rollback.errors import Usage
from rollback.records import disk, jsonl


def test_a_file_is_replaced_whole_and_private(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text("old")
    os.umask(os.umask(0))
    disk.write(file, b"new")
    assert file.read_bytes() == b"new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["plan.json"]


def test_a_full_disk_keeps_the_old_file_and_leaves_no_draft(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    disk.write(file, b"old")
    with full_after(1000), pytest.raises(Usage, match="too large"):
        disk.write(file, b"x" * 5000)
    assert file.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["plan.json"]


def test_a_link_is_replaced_not_followed(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("theirs")
    (tmp_path / "plan.json").symlink_to(other)
    disk.write(tmp_path / "plan.json", b"ours")
    assert other.read_text() == "theirs"
    assert not (tmp_path / "plan.json").is_symlink()


@pytest.mark.parametrize("kind", ["file", "link", "dangling link"])
def test_a_folder_is_not_made_through_what_stands_in_its_place(tmp_path: Path, kind: str) -> None:
    (tmp_path / "real").mkdir()
    place = tmp_path / "place"
    place.touch() if kind == "file" else place.symlink_to(
        tmp_path / ("real" if kind == "link" else "nowhere")
    )
    with pytest.raises(Usage, match="not a folder of its own"):
        disk.folder(place)


def test_a_folder_that_cannot_be_written_is_told() -> None:
    with unwritable() as folder, pytest.raises(Usage, match="Permission denied") as told:
        disk.write(folder / "x", b"")
    assert (told.value.code, told.value.exit_code) == ("not-writable", 2)


def test_after_a_change_only_a_failed_write_is_tolerated_and_told() -> None:
    told: list[str] = []
    with disk.reported_errors(told.append):
        disk.write(Path("/nowhere/x"), b"")
    assert told == ["not recorded: /nowhere/x cannot be read or written: No such file or directory"]
    with pytest.raises(Usage), disk.reported_errors(told.append):
        raise Usage("else", "something else")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files for others")
def test_under_sudo_everything_belongs_to_the_folder_s_owner(tmp_path: Path) -> None:
    os.chown(tmp_path, NOBODY, NOBODY)
    disk.folder(tmp_path / "a" / "b")
    disk.write(tmp_path / "a" / "file", b"")
    with jsonl.opened(tmp_path / "a" / "b" / "log") as log:
        log.append([b"{}"])
    assert {path.stat().st_uid for path in tmp_path.rglob("*")} == {NOBODY}


def test_a_line_that_does_not_fit_leaves_nothing_behind(tmp_path: Path) -> None:
    with jsonl.opened(tmp_path / "log") as log:
        log.append([b'{"n":1}'])
        with full_after(10), pytest.raises(OSError):
            log.append([b'{"n":2}'])
        log.append([b'{"n":3}'])
    assert [line.value for line in jsonl.read(tmp_path / "log")] == [{"n": 1}, {"n": 3}]


def test_what_follows_a_cut_line_stands_on_a_line_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b'{"n":1}\n{"n":')
    with jsonl.opened(tmp_path / "log") as log:
        log.append([b'{"n":3}'])
    assert [(line.number, line.value) for line in jsonl.read(tmp_path / "log")] == [
        (1, {"n": 1}),
        (2, None),
        (3, {"n": 3}),
    ]


@pytest.mark.parametrize("raw", [b"[1]", b"nonsense", b"\xff\xfe", b"[" * 100_000, b'"x"', b"null"])
def test_a_line_that_is_no_object_is_damaged_not_a_crash(raw: bytes) -> None:
    assert [line.value for line in jsonl.split(raw + b"\n{}\n")] == [None, {}]


def test_a_log_is_not_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "theirs").touch()
    (tmp_path / "log").symlink_to("theirs")
    with pytest.raises(OSError), jsonl.opened(tmp_path / "log"):
        pass


@pytest.mark.programs
def test_a_kill_in_the_middle_of_writing_leaves_the_old_file_or_the_new(tmp_path: Path) -> None:
    write = "n += 1; disk.write(Path(sys.argv[1]), b'%d' % n * 50000); n == 1 and print('on', flush=True)"
    code = f"import sys; from pathlib import Path; from rollback.records import disk\nn = 0\nwhile True: {write}"
    for _ in range(5):
        writer = python(code, tmp_path / "plan.json")
        assert writer.stdout is not None
        writer.stdout.readline()
        writer.kill()
        writer.communicate()
        data = (tmp_path / "plan.json").read_bytes()
        number = data[: len(data) // 50000]
        assert data == number * 50000
