"""A script's libraries, and its runner: copied into the run folder, approved with it, and nothing is done without them."""

from __future__ import annotations

import subprocess

import pytest
from scripted import World, with_app, world

from rollback.approval import approvals
from rollback.errors import ApprovalNeeded
from rollback.model import DIRECTIONS, Command, Lock, Verb
from rollback.script import functions, launch

__all__ = ["world"]
pytestmark = pytest.mark.programs
RUN = ("--context", "test", "--namespace", "shop", "--mark", "mark")
TAKE = ("take_leases", *RUN, "--seconds", "300", "--names", "rollback-web")
LEASE = Lock("app.lease", "Lock web", Command(TAKE), Command(("release_leases", *RUN)))
PWNED = "touch {root}/PWNED"


@pytest.fixture
def locked(world: World) -> World:
    """A run whose lock is a Lease; `calls` has what kubectl was asked for."""
    world.tool("kubectl", f'echo "$*" >>{world.root}/calls')
    world.save(with_app(world.plan("a"), locks=(LEASE,)))
    return world


def calls(world: World) -> str:
    file = world.root / "calls"
    return file.read_text() if file.exists() else ""


def untouched(world: World) -> bool:
    return world.release("a") == "v2" and not calls(world) and not (world.root / "PWNED").exists()


def test_a_library_is_the_same_bytes_in_every_run_folder(locked: World) -> None:
    shipped = (functions.LIBRARIES / "lease.sh").read_bytes()
    assert (locked.run / "lease.sh").read_bytes() == shipped
    for way in DIRECTIONS.values():
        text = (locked.run / way.script).read_text()
        assert "\nlibrary lease.sh\n" in text and "take_over()" not in text


def test_a_run_that_calls_no_library_has_none(world: World) -> None:
    world.save(world.plan("a"))
    scripts = {path.name for path in world.run.glob("*.sh")}
    assert scripts == {"rollback.sh", "restore.sh", "runner.sh"}


def test_the_digest_covers_it(locked: World) -> None:
    assert "lease.sh" in approvals.contents(locked.run)
    before = approvals.digest(locked.run)
    with open(locked.run / "lease.sh", "a") as file:
        file.write("\n")
    assert approvals.digest(locked.run) != before


@pytest.mark.parametrize("verb", DIRECTIONS)
def test_its_functions_are_there_when_a_step_calls_them(locked: World, verb: Verb) -> None:
    assert locked.do()[0] == 0
    code, said = (0, "") if verb == "execute" else locked.do("restore")
    assert (code, "create --filename" in calls(locked)) == (0, True), said


@pytest.mark.parametrize("name", ["lease.sh", "runner.sh"])
@pytest.mark.parametrize("words", [(), ("--where",), ("--dry-run",)])
def test_a_script_without_it_does_nothing(locked: World, name: str, words: tuple[str, ...]) -> None:
    nonce = locked.approve()
    (locked.run / name).unlink()
    code, said = locked.do("execute", nonce, *words)
    assert (code, untouched(locked)) == (4, True), said
    assert f"{name} is missing: this run folder is incomplete" in said
    assert "make a new plan" in said


def test_nothing_of_a_changed_library_runs(locked: World) -> None:
    """Not even what stands outside its functions."""
    nonce = locked.approve()
    with open(locked.run / "lease.sh", "a") as file:
        file.write(PWNED.format(root=locked.root))
    code, said = locked.do("execute", nonce)
    assert (code, "not what was approved" in said, untouched(locked)) == (4, True, True), said


def test_a_link_is_no_library(locked: World) -> None:
    nonce = locked.approve()
    (locked.run / "lease.sh").rename(locked.root / "lease.sh")
    (locked.run / "lease.sh").symlink_to(locked.root / "lease.sh")
    code, said = locked.do("execute", nonce)
    assert (code, "is a link" in said, untouched(locked)) == (4, True, True), said


def test_execute_runs_the_bytes_that_were_hashed(locked: World) -> None:
    content = launch.whole(approvals.contents(locked.run), "rollback.sh")
    nonce = locked.approve()
    (locked.run / "lease.sh").write_text(PWNED.format(root=locked.root))
    done = subprocess.run(
        ["bash", "-s"],
        input=content,
        env=locked.environment(ROLLBACK_NONCE=nonce),
        cwd=locked.run,
        capture_output=True,
    )
    assert done.returncode == 4 and b"not what was approved" in done.stderr
    assert untouched(locked)


def test_execute_needs_no_second_look_at_the_file(locked: World) -> None:
    content = launch.whole(approvals.contents(locked.run), "rollback.sh")
    done = subprocess.run(
        ["bash", "-s"],
        input=content,
        env=locked.environment(ROLLBACK_NONCE=locked.approve()),
        cwd=locked.run,
        capture_output=True,
    )
    assert (done.returncode, locked.release("a")) == (0, "v1"), done


def test_a_run_without_a_library_that_its_scripts_name_is_refused(locked: World) -> None:
    """Before anybody is asked."""
    (locked.run / "lease.sh").unlink()
    with pytest.raises(ApprovalNeeded, match="cannot be read"):
        approvals.contents(locked.run)
