"""A rendered script on a disk that is full: told in words, nothing done that could not be written down."""

from __future__ import annotations

import pytest
from scripted import World, sh, world

__all__ = ["world"]
pytestmark = pytest.mark.programs

FILLS_THE_DISK = (
    'echo v1 >"$1"; [ -e kept ] || { mv journal.jsonl kept; ln -s /dev/full journal.jsonl; }'
)


def test_a_full_disk_is_told_before_anything_is_changed(world: World) -> None:
    world.save(world.plan("a"))
    (world.run / ".output.last").symlink_to("/dev/full")
    exit, said = world.do()
    assert (
        exit == 2
        and "its disk is full; nothing was changed" in said
        and "fix: free disk space" in said
    )
    assert world.release("a") == "v2" and not world.journal()


def test_what_cannot_be_journalled_is_not_begun_and_the_run_goes_on_later(world: World) -> None:
    first = world.step("a", do=sh(FILLS_THE_DISK, str(world.file("a"))))
    world.save(world.plan("a", "b", steps=[first, world.step("b")]))
    exit, said = world.do()
    assert exit == 5 and "cannot write journal.jsonl" in said and "run it again" in said
    assert world.release("b") == "v2"
    (world.run / "kept").replace(world.run / "journal.jsonl")
    assert world.do()[0] == 0 and world.release("a") == world.release("b") == "v1"


def test_a_log_that_cannot_be_written_does_not_stop_the_run(world: World) -> None:
    world.save(world.plan("a"))
    (world.run / "rollback.log").symlink_to("/dev/full")
    exit, said = world.do()
    assert exit == 0 and world.release("a") == "v1" and "not written to rollback.log" in said
