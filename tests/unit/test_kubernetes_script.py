"""The functions of a Kubernetes script against a kubectl that fails: what failed never counts as an answer."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from scripted import World, world

from rollback.model import Command, Guard, Move, Probe, Step
from rollback.platforms.kubernetes import lease

__all__ = ["world"]
pytestmark = pytest.mark.programs
PLACE = {"context": "test", "namespace": "shop", "application": "web", "salt": "5a17"}
IDENTITY = Guard("cluster", Command(("kubectl", "identity")), ("uid",), ("uid",))


def locked(world: World) -> None:
    """A switch of `a` between the cluster's lock and its end."""
    plan = world.plan("a", platform="kubernetes")
    target = replace(plan.moves[0].target, details=PLACE)
    steps = lease.around([Move(target, plan.moves[0].current, plan.moves[0].to)], plan.steps)
    world.save(replace(plan, steps=tuple(steps), guards=(IDENTITY, *plan.guards)))


def test_a_lock_that_was_not_made_is_not_held_however_silent_kubectl_was(world: World) -> None:
    world.tool("kubectl", 'case "$*" in identity) echo uid ;; *create*) exit 137 ;; esac')
    locked(world)
    code, said = world.do()
    assert (code, world.release("a"), world.journal()) == (12, "v2", []), said


def test_pods_that_could_not_be_listed_are_not_none(world: World) -> None:
    world.tool(
        "kubectl",
        'case "$*" in identity) echo uid ;; *"get pods"*) echo Forbidden >&2; exit 1 ;; esac',
    )
    pods = ("test", "shop", "app=web")
    free = Step(
        "free.web",
        "Delete stuck pods",
        Command(("delete_stuck", *pods)),
        Probe(Command(("stuck_pods", *pods), 5), "none"),
        deadline=3,
    )
    world.save(world.plan("a", steps=[free], platform="kubernetes", guards=(IDENTITY,)))
    code, said = world.do()
    assert (code, "failed (exit status 1)" in said) == (5, True), said


def test_a_rollout_that_is_called_failed_for_a_moment_is_waited_for(world: World) -> None:
    looks = f"echo >>{world.root}/looks; [ $(wc -l <{world.root}/looks) -lt 4 ] && echo ' deployment/a!' || echo ."
    world.tool(
        "kubectl", f'case "$*" in identity) echo uid ;; *"get deployments"*) {looks} ;; esac'
    )
    wait = Command(("wait_for_pods", "test", "shop", "deployments", "state/wave-0.settled"))
    settled = Step(
        "wave.0.settled",
        "Wait",
        wait,
        Probe(Command(("kubectl", "get deployments")), "."),
        moves=(),
        deadline=30,
    )
    world.save(world.plan(steps=[settled], platform="kubernetes", guards=(IDENTITY,)))
    code, said = world.do()
    assert (code, "done" in said) == (0, True), said
