"""Many objects written by a few kubectls: each as it was just read, with the template and the cause of the plan, and nothing else changed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from scripted import World, world
from test_kubernetes_history import PLACE, deployment, releases, replicaset

from rollback.model import Command, Guard, Move, Step, Target
from rollback.platforms.kubernetes import waves
from rollback.platforms.kubernetes.content import printed

__all__ = ["world"]
pytestmark = pytest.mark.programs
CAUSE = "kubernetes.io/change-cause"
HOSTILE = 'it\'s "x" \\ & <b> $(touch /tmp/p) \t {"template":1} \u2028 läuft'
IDENTITY = Guard("cluster", Command(("kubectl", "identity")), ("uid",), ("uid",))


def move(name: str) -> Move:
    """From v2 to v1, whose cause is hostile, too."""
    details = {**PLACE, "kind": "deployment", "name": name, "uid": f"uid-{name}", "selector": ""}
    target = Target("staging", "kubernetes", name, "uid/shop", False, details)
    causes = {"annotations": {CAUSE: HOSTILE}}
    now, before = releases(
        deployment("v2", name),
        replicaset(1, "v1", "10:00", name, **causes),
        replicaset(2, "v2", "12:00", name, **causes),
    )
    return Move(target, now, before)


def live(one: Move, **annotations: str) -> dict[str, Any]:
    """What the server holds a moment later: scaled, and with fields that nobody here knows."""
    meta = {
        "name": one.target.app,
        "uid": one.target.details["uid"],
        "resourceVersion": "77",
        "annotations": {"a": HOSTILE, **annotations},
    }
    template = one.current.facts["workload"].template
    return {
        "metadata": meta,
        "spec": {"replicas": 7, "strategy": {"of": HOSTILE}, "template": template, "unknown": [1]},
    }


def sent(
    world: World, moves: list[Move], objects: list[dict[str, Any] | None]
) -> dict[str, dict[str, Any]]:
    """By name, what `kubectl replace` was given."""
    rows = "".join(
        f"{printed(one['metadata'])}\t{printed(one['spec'])}\n" if one else "\n" for one in objects
    )
    (world.root / "objects").write_text(rows)
    answers = f"identity) echo uid ;; *objects.jsonpath*) cat {world.root}/objects ;; *replace*) cat >{world.root}/sent.$$ ;;"
    world.tool("kubectl", f'case "$*" in {answers} esac')
    do = Command(("patch_all", "test", "shop", "deployments", "state/wave-0", "patch"))
    world.save(
        world.plan(
            steps=[Step("wave.0", "All", do, moves=())], platform="kubernetes", guards=(IDENTITY,)
        ),
        **waves.payloads(moves),
    )
    world.do()
    lines = [line for file in world.root.glob("sent.*") for line in file.read_text().splitlines()]
    return {one["metadata"]["name"]: one for one in map(json.loads, lines)}


def test_an_object_is_sent_as_it_was_read_but_for_template_and_cause(world: World) -> None:
    moves = [move(f"web{number}") for number in range(10)]
    objects = [
        live(one, **({CAUSE: 'an "older" \\ one'} if number % 2 else {}))
        for number, one in enumerate(moves)
    ]
    found = sent(world, moves, list(objects))
    assert len(found) == len(moves)
    for one, was in zip(moves, objects, strict=True):
        now = found[one.target.app]
        assert (now["kind"], now["apiVersion"]) == ("Deployment", "apps/v1")
        assert now["spec"] == {**was["spec"], "template": one.to.facts["revision"].template}
        cause = now["metadata"]["annotations"].pop(CAUSE)
        assert cause.startswith(HOSTILE) and "back from revision" in cause
        assert now["metadata"] == {**was["metadata"], "annotations": {"a": HOSTILE}}


def test_what_has_another_template_or_is_gone_is_not_sent(world: World) -> None:
    moves = [move(f"web{number}") for number in range(6)]
    objects: list[dict[str, Any] | None] = [live(one) for one in moves]
    objects[2] = None
    changed = objects[4]
    assert changed is not None
    changed["spec"]["template"] = {"spec": "of somebody else"}
    assert sorted(sent(world, moves, objects)) == ["web0", "web1", "web3", "web5"]
