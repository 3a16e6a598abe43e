"""What a plan of Helm releases holds: ids of moves, details that survive plan.json, and no facts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from helm_records import kind, move, named, revision, target
from kubernetes_recorded import Recorded
from msgspec.structs import replace

from rollback.flow.compose import refuse_inconsistent
from rollback.model import Component, Move, Target
from rollback.platforms import helm
from rollback.platforms._cluster.details import Suspension
from rollback.platforms.helm import details
from rollback.platforms.helm.settings import Settings
from rollback.settings.environment import Environment
from rollback.settings.model import EnvironmentSettings

CONFIG, MORE = kind("ConfigMap"), kind("ConfigMap", "more")


def two(**more: Any) -> list[Move]:
    """Moves of two releases; Helm may forget an object of each."""
    made = move(revision(2, CONFIG + MORE), revision(1, CONFIG), **more)
    other = replace(made.target, app="api")
    return [made, replace(made, id="app.api", target=other)]


def test_guards_steps_and_the_lock_refer_to_moves_by_id() -> None:
    moves = two(options=(), application="web")
    guards, steps, locks = helm.guards(moves), helm.steps(moves), helm.locks(moves)
    component = Component("app", "platforms/helm", "app", 0, tuple(moves))
    share = (tuple(guards), tuple(locks), tuple(steps))
    refuse_inconsistent([replace(component, guards=share[0], locks=share[1], steps=share[2])])
    assert [(guard.id, [line.move for line in guard.lines]) for guard in guards] == [
        ("app.cluster", [""]),
        ("app.helm", [""]),
        ("app.web.release", ["app.web"]),
        ("app.api.release", ["app.api"]),
    ]
    assert [(step.id, step.moves) for step in steps] == [
        ("app.web.rollback", ("app.web",)),
        ("app.web.orphans", ("app.web",)),
        ("app.api.rollback", ("app.api",)),
        ("app.api.orphans", ("app.api",)),
    ]
    assert [lock.id for lock in locks] == ["app.lease"]


def test_no_lock_where_the_plan_does_without() -> None:
    assert helm.locks(two(options=("no-cluster-lock",))) == []


def test_suspended_owner_names_the_moves_of_its_releases() -> None:
    path = ("helmreleases.helm.toolkit.fluxcd.io", "flux", "web", "Flux helmrelease flux/web")
    owner = Suspension(*path, "HelmRelease", None, workloads=("release/web",))
    moves = two(suspend=(owner,))
    moves[1] = replace(moves[1], target=replace(target(name="api"), app="api"))
    first = helm.steps(moves)[0]
    assert (first.id, first.moves) == ("app.suspend.helmrelease.flux.web", ("app.web",))


def with_templates(move: Move) -> Move:
    facts = replace(details.facts(move.current), templates={"shop/deployment.apps/web": "{}"})
    return replace(move, current=replace(move.current, facts=facts))


def test_templates_are_compared_for_each_move_by_id() -> None:
    moves = [with_templates(one) for one in two()]
    options = [named(guard.command) for guard in helm.guards(moves)[2:]]
    pairs = [(one["move"], one["release"]) for one in options]
    assert pairs == [("app.web", "web"), ("app.api", "api")]


def test_undo_has_a_title_of_its_own() -> None:
    step = helm.steps(two())[0]
    assert step.title == "Roll release web back from revision 2 to 1"
    assert step.undo is not None and step.undo.title == "Roll release web back to revision 2"


def test_details_survive_the_plan_file() -> None:
    known = target(wave=3, options=("no-inline-values",))
    read = msgspec.json.decode(msgspec.json.encode(known), type=Target)
    assert isinstance(read.details, dict) and details.of(read) == known.details


def test_snapshot_files_have_plain_names() -> None:
    files = helm.snapshot(two(), None)  # type: ignore[arg-type]
    assert set(files) == {
        f"{app}.{end}.json" for app in ("web", "api") for end in ("current", "target")
    }
    assert all(isinstance(content, bytes) for content in files.values())


KUBECTL = "kubectl --context test"
CONFIG_VIEW = '{"contexts": [{"name": "test", "context": {}}]}'
LABELS = "".join(f"sh.helm.release.v1.{name}.v1 type 1 1d {name} 1 deployed\n" for name in "ab")
ANSWERS = [
    ("helm version --template {{.Version}}", "v4.0.1"),
    (f"{KUBECTL} config view --minify --output json", CONFIG_VIEW),
    (
        f"{KUBECTL} --namespace shop get secrets --selector=owner=helm"
        " --label-columns=name,version,status --no-headers",
        LABELS,
    ),
    (
        f"{KUBECTL} --namespace shop get --raw /api/v1/namespaces/kube-system",
        '{"metadata": {"uid": "uid-cluster"}}',
    ),
]


@pytest.mark.parametrize(("names", "waves"), [(("b", "a"), [0, 1]), ((), [0, 0])])
def test_releases_of_the_settings_are_rolled_back_in_their_order(
    names: tuple[str, ...], waves: list[int], tmp_path: Path
) -> None:
    shell = Recorded(tmp_path, {"answers": [(asked, 0, out, "") for asked, out in ANSWERS]})
    own = Settings(context="test", namespace="shop", releases=names)
    environment = Environment("staging", False, tmp_path, EnvironmentSettings(), group=own)
    found = helm.targets(environment, shell)
    assert [one.app for one in found] == list(names or ("a", "b"))
    assert [details.of(one).wave for one in found] == waves
    assert {(one.component, one.where) for one in found} == {("app", "uid-cluster/shop")}
    assert {details.of(one).helm for one in found} == {"v4.0.1"}
