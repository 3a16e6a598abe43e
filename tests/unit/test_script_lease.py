"""Every way out of a script that holds the lock of several machines: who has changed nothing keeps nobody out, who is to go on does."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from scripted import World, sh, wait_for, with_app, world

from rollback.model import Command, Guard, Line, Lock

__all__ = ["world"]
pytestmark = pytest.mark.programs
RUN = ("--context", "test", "--namespace", "shop", "--mark", "mark")
LEASE = Lock(
    "app.lease",
    "Lock web in the cluster",
    Command(("take_leases", *RUN, "--seconds", "300", "--names", "rollback-web")),
    Command(("release_leases", *RUN)),
)
IDENTITY = Guard(
    "app.cluster", "the cluster", Command(("kubectl", "identity")), (Line("uid", "uid"),)
)


class Cluster:
    """A kubectl with one Lease: the file `held`. What else it does at a call a test says, with `trouble`."""

    def __init__(self, world: World) -> None:
        self.world, self.held, self.reached = world, world.root / "held", world.root / "reached"
        plan = world.plan("a")
        slow = sh(
            f'[ ! -e {world.root}/broken ] || exit 1; echo v1 >"$1"; while [ -e {world.root}/wait ]; do sleep 0.05; done',
            str(world.file("a")),
        )
        self.trouble("")
        steps = (world.step("a", do=slow),)
        guards = (IDENTITY, *plan.guards)
        world.save(with_app(plan, steps=steps, guards=guards, locks=(LEASE,)))

    def trouble(self, what: str) -> None:
        self.world.tool(
            "kubectl",
            f'case "$*" in *create*) echo ours >{self.held} ;; *delete*) rm -f {self.held} ;; esac\n{what}\ncase "$*" in identity) echo uid ;; esac',
        )

    def journal(self, *rows: str) -> None:
        """What a killed run wrote down."""
        lines = [
            f'{{"at": "2026-11-25T10:00:00Z", "script": "rollback.sh", "step": "{row.split()[0]}", "event": "{row.split()[1]}", "exit": 0}}\n'
            for row in rows
        ]
        (self.world.run / "journal.jsonl").write_text("".join(lines))
        self.held.write_text("ours")


@pytest.fixture
def cluster(world: World) -> Cluster:
    return Cluster(world)


def journal_gone(run: Path) -> str:
    return f'case "$*" in *create*) rm {run}/journal.jsonl; mkdir {run}/journal.jsonl ;; esac'


def test_a_run_that_cannot_write_its_journal_any_more_after_it_took_the_lock_gives_it_back(
    cluster: Cluster,
) -> None:
    cluster.trouble(journal_gone(cluster.world.run))
    code, said = cluster.world.do()
    assert (code, cluster.world.release("a"), cluster.held.exists()) == (5, "v2", False), said


@pytest.mark.parametrize(
    ("refusal", "exit"),
    [('leases "rollback-web" already exists', 9), ("leases is forbidden", 12)],
)
def test_a_lock_that_is_free_again_when_it_is_looked_at_was_held_by_somebody(
    cluster: Cluster, refusal: str, exit: int
) -> None:
    time = 'case "$*" in *dry-run*) echo 2026-11-25T10:00:00Z; exit ;; esac'
    cluster.trouble(f"{time}\ncase \"$*\" in *create*) echo '{refusal}' >&2; exit 1 ;; esac")
    code, said = cluster.world.do()
    assert (code, cluster.world.release("a")) == (exit, "v2"), said


def test_a_run_that_is_interrupted_while_it_takes_the_lock_gives_it_back(cluster: Cluster) -> None:
    cluster.trouble(f'case "$*" in *create*) : >{cluster.reached}; sleep 60 ;; esac')
    run = cluster.world.start()
    wait_for(cluster.reached.exists)
    run.send_signal(signal.SIGTERM)
    said, _ = run.communicate(timeout=60)
    assert (run.returncode, cluster.world.release("a"), cluster.held.exists()) == (
        130,
        "v2",
        False,
    ), said


def test_a_run_whose_time_is_over_while_it_takes_the_lock_gives_it_back(cluster: Cluster) -> None:
    cluster.trouble('case "$*" in *create*) sleep 60 ;; esac')
    code, said = cluster.world.do(ROLLBACK_SECONDS="3")
    assert (code, cluster.world.release("a"), cluster.held.exists()) == (8, "v2", False), said


def test_a_run_interrupted_after_its_first_change_keeps_the_lock_until_it_goes_on(
    cluster: Cluster,
) -> None:
    wait = cluster.world.root / "wait"
    wait.touch()
    run = cluster.world.start()
    wait_for(lambda: cluster.world.release("a") == "v1")
    run.send_signal(signal.SIGTERM)
    said, _ = run.communicate(timeout=60)
    assert (run.returncode, cluster.held.exists()) == (130, True), said
    wait.unlink()
    assert (cluster.world.do()[0], cluster.held.exists()) == (0, False)


@pytest.mark.parametrize(
    ("rows", "kept"),
    [(("app.lease.take done",), False), (("app.lease.take done", "app.a.switch start"), True)],
)
def test_what_was_killed_and_cannot_be_read_now_keeps_the_lock_only_in_the_middle(
    cluster: Cluster, rows: tuple[str, ...], kept: bool
) -> None:
    cluster.journal(*rows)
    cluster.trouble('case "$*" in identity) exit 1 ;; esac')
    code, said = cluster.world.do()
    assert (code, cluster.held.exists()) == (12, kept), said


def test_what_can_never_go_on_gives_it_back_wherever_it_was(cluster: Cluster) -> None:
    cluster.journal("app.lease.take done", "app.a.switch done")
    cluster.world.file("a").write_text("v9\n")
    code, said = cluster.world.do()
    assert (code, cluster.held.exists()) == (10, False), said


def test_a_start_that_nobody_approved_frees_nothing(cluster: Cluster) -> None:
    cluster.journal("app.lease.take done")
    code, said = cluster.world.do(nonce="0" * 32)
    assert (code, cluster.held.exists()) == (4, True), said


def test_a_step_that_fails_does_not_keep_it(cluster: Cluster) -> None:
    (cluster.world.root / "broken").touch()
    code, said = cluster.world.do()
    assert (code, cluster.held.exists()) == (5, False), said
