"""What execute.py starts is what was hashed: the script with the runner in the place of the line that sources it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from msgspec.structs import replace
from scripted import World, world

from rollback.approval import approvals
from rollback.errors import ApprovalNeeded
from rollback.flow import job
from rollback.records import run as runs
from rollback.script import launch

__all__ = ["world"]


def whole(world: World, name: str = "rollback.sh") -> bytes:
    return launch.whole(approvals.contents(world.run), name)


@pytest.mark.programs
@pytest.mark.parametrize("name", ["rollback.sh", "restore.sh"])
def test_the_bytes_that_were_hashed_run_whatever_lies_in_the_folder_by_then(
    world: World, name: str
) -> None:
    world.save(world.plan("a"))
    content = whole(world, name)
    (world.run / "runner.sh").write_text("touch PWNED\n")
    assert b"./runner.sh\n" not in content
    done = subprocess.run(
        ["bash", "-s", "--", "--where"],
        input=content,
        env=world.environment(),
        cwd=world.run,
        capture_output=True,
    )
    assert done.stdout.split(b"\t")[1:2] == [b"app.a"], done.stderr
    assert not (world.run / "PWNED").exists()


@pytest.mark.parametrize(
    "change", [(b". ./runner.sh\n", b""), (b"set -e", b". ./runner.sh\nset -e")]
)
def test_a_script_sources_the_runner_exactly_once(
    world: World, change: tuple[bytes, bytes]
) -> None:
    world.save(world.plan("a"))
    script = world.run / "rollback.sh"
    script.write_bytes(script.read_bytes().replace(*change))
    with pytest.raises(ApprovalNeeded, match="does not source"):
        whole(world)


def test_the_plan_is_the_one_that_was_hashed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is written to the folder while it is read."""
    world.save(world.plan("a"))
    contents = approvals.contents

    def then_changed(folder: Path) -> dict[str, bytes]:
        files = contents(folder)
        runs.save_plan(folder, replace(world.plan("a"), environment="another"))
        return files

    monkeypatch.setattr(approvals, "contents", then_changed)
    loaded = job.load(job.Request(world.project, "execute", str(world.run)))
    assert loaded.plan.environment == "staging"


def test_no_value_looks_like_that_line(world: World) -> None:
    environment = "x\n. ./runner.sh\n"
    world.save(world.plan("a", environment=environment))
    assert whole(world)


@pytest.mark.programs
@pytest.mark.parametrize("name", ["shop", "shop\n. ./runner.sh\n#", "-n", "ends\n"])
@pytest.mark.parametrize("started_by", ["hand", "execute.py"])
def test_the_runner_is_the_run_folders_own_wherever_the_script_is_started(
    world: World, name: str, started_by: str
) -> None:
    world.project = world.root / name
    world.project.mkdir(parents=True)
    world.save(world.plan("a"))
    elsewhere = world.root / "elsewhere"
    elsewhere.mkdir()
    for folder in (elsewhere, world.root, world.project):
        (folder / "runner.sh").write_text(f"touch '{world.root}/PWNED'\n")
    by_hand = started_by == "hand"
    done = subprocess.run(
        ["bash", str(world.run / "rollback.sh")] if by_hand else ["bash", "-s"],
        input=b"" if by_hand else whole(world),
        cwd=elsewhere,
        env=world.environment(CDPATH=f"{elsewhere}:.", ROLLBACK_NONCE=world.approve()),
        capture_output=True,
    )
    assert (done.returncode, world.release("a")) == (0, "v1"), done
    assert not (world.root / "PWNED").exists()
