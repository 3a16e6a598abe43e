"""The functions of a Kubernetes script against a kubectl that fails: what failed never counts as an answer."""

from __future__ import annotations

import pytest
from cluster_moves import DETAILS
from msgspec.structs import replace
from scripted import World, world

from rollback.model import Command, Guard, Line, Probe, Step
from rollback.platforms._cluster import lease

__all__ = ["world"]
pytestmark = pytest.mark.programs
IDENTITY = Guard(
    "app.cluster", "the cluster", Command(("kubectl", "identity")), (Line("uid", "uid"),)
)


def locked(world: World) -> None:
    """A switch of `a` between the cluster's lock and its end."""
    component = world.component("app", "a")
    locks = lease.locks(component.moves, [DETAILS], component.steps)
    guards = (IDENTITY, *component.guards)
    world.save(world.plan_of(replace(component, guards=guards, locks=tuple(locks))))


def with_step(world: World, step: Step, *names: str) -> None:
    """Only this step, in that cluster."""
    component = world.component("app", *names)
    world.save(world.plan_of(replace(component, steps=(step,), guards=(IDENTITY,))))


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
        "app.web.delete-stuck-pods",
        "Delete stuck pods",
        Command(("delete_stuck", *pods)),
        Probe(Command(("stuck_pods", *pods), 5), "none"),
        deadline=3,
    )
    with_step(world, free, "a")
    code, said = world.do()
    assert (code, "failed (exit status 1)" in said) == (5, True), said


def test_a_rollout_that_is_called_failed_for_a_moment_is_waited_for(world: World) -> None:
    looks = f"echo >>{world.root}/looks; [ $(wc -l <{world.root}/looks) -lt 4 ] && echo ' deployment/a!' || echo ."
    world.tool(
        "kubectl", f'case "$*" in identity) echo uid ;; *"get deployments"*) {looks} ;; esac'
    )
    read = ("kubectl_at", "test", "shop", "get", "deployments", "--output=go-template-file=x")
    wait = Command(("wait_until_finished", *read))
    settled = Step(
        "app.wave-0.pods",
        "Wait",
        wait,
        Probe(Command(("kubectl", "get deployments")), "."),
        deadline=30,
    )
    with_step(world, settled)
    code, said = world.do()
    assert (code, "done" in said) == (0, True), said
