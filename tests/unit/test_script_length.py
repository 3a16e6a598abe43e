"""A script is read in a minute: at most 150 lines for one target, whatever its platform, in both directions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ecs_recorded
import heroku_recorded
import netlify_recorded
import pytest
import vercel_recorded
from cluster_moves import move as workload
from compose_recorded import container, moves, target
from folders_recorded import CASES, read, tools
from helm_records import of_facts, revision
from msgspec.structs import replace

from rollback import clock
from rollback.model import DIRECTIONS, Component, Finding, Move, Plan, Verb
from rollback.platforms import platforms
from rollback.platforms.helm.details import Facts
from rollback.script import render

__all__ = ["tools"]
LIMIT = 150
WARNINGS = tuple(Finding("warning", f"warning-{number}", "Mind this") for number in range(8))
CHART = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {}}
"""
SETTINGS = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"


def helm(fp: Any) -> list[Move]:
    """Stopped by a hook, with objects that Helm forgets: every step that one release can have."""
    live = Facts(
        revision(12, CHART + SETTINGS, status="pending-rollback"),
        applied=revision(10, SETTINGS),
        templates={"shop/Deployment.v1.apps/web": "{}"},
    )
    return [of_facts(live, revision(11, CHART), options=())]


def kubernetes(fp: Any) -> list[Move]:
    return [workload(options=())]


def kubernetes_without_values(fp: Any) -> list[Move]:
    return [workload(options=("no-inline-values",))]


def docker_compose(fp: Any) -> list[Move]:
    running = target(container("web"), container("api"))
    return moves(running, {"web": "sha256:web1", "api": "sha256:api1"})


def release_folders(fp: Any) -> list[Move]:
    return read(fp, CASES[0]["hosts"]).moves("20261121090000")


def heroku(fp: Any) -> list[Move]:
    return heroku_recorded.chosen(heroku_recorded.read(heroku_recorded.CASES[2]))


def netlify(fp: Any) -> list[Move]:
    return netlify_recorded.chosen(netlify_recorded.read(netlify_recorded.CASES[0], locked=True))


def vercel(fp: Any) -> list[Move]:
    case = vercel_recorded.CASES[1]
    return vercel_recorded.chosen(case, vercel_recorded.read(case))


def ecs(fp: Any) -> list[Move]:
    return ecs_recorded.moves(ecs_recorded.of_case(ecs_recorded.CASES[0]))


CHANGES = (
    helm,
    kubernetes,
    kubernetes_without_values,
    docker_compose,
    release_folders,
    heroku,
    netlify,
    vercel,
    ecs,
)


def planned(adapter: str, made: list[Move], project: Path) -> Plan:
    platform = platforms[adapter]
    component = Component(
        "app",
        f"platforms/{adapter}",
        moves=tuple(made),
        guards=tuple(platform.guards(made)),
        locks=tuple(platform.locks(made)),
        steps=tuple(platform.steps(made)),
    )
    now, later = clock.now(), clock.now(3600)
    plan = Plan("ready", now, later, "app", "staging", True, str(project), (component,))
    return replace(plan, findings=WARNINGS)


@pytest.mark.parametrize("verb", DIRECTIONS)
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_script_for_one_target_is_read_in_a_minute(
    change: Callable[[Any], list[Move]],
    verb: Verb,
    fp: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shutil.which", lambda name, **_: f"/usr/bin/{name}")
    adapter = change.__name__.removesuffix("_without_values").replace("_", "-")
    plan = planned(adapter, change(fp), tmp_path)
    lines = render.text(plan, tmp_path, DIRECTIONS[verb]).splitlines()
    assert len(lines) <= LIMIT, f"{len(lines)} lines"


def test_every_platform_that_rolls_back_is_measured() -> None:
    from test_contracts import PLATFORMS

    assert {change.__name__.replace("_", "-") for change in CHANGES} >= set(PLATFORMS)
