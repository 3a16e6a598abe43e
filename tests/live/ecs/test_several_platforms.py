"""An API on ECS, its front end on Vercel, then the documentation: one plan, in order, and back in reverse."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cloud import Cluster
from ecs_site import Site

sys.path.insert(0, str(Path(__file__).parents[1] / "hosted"))
import vercel_server
from loopback import Fault
from vercel_server import Vercel


@contextmanager
def project(name: str) -> Iterator[Vercel]:
    made = Vercel(name)
    made.deploy(vercel_server.GOOD, 9)
    made.bad.add(made.deploy(vercel_server.BAD, 0.2))
    with made.server.serving():
        yield made
    assert made.server.problems == []


@pytest.fixture
def vercel() -> Iterator[tuple[Vercel, Vercel]]:
    with project("web") as web, project("docs") as docs:
        yield web, docs


@pytest.fixture
def stack(cluster: Cluster, vercel: tuple[Vercel, Vercel], tmp_path: Path) -> Site:
    """Three components, each after the one before, all live with a bad release."""
    cluster.create("shop", "shop:v2")
    cluster.deploy("shop", "shop:bad")
    site = Site(tmp_path, cluster)
    web, docs = map(_settings, vercel)
    components = [
        {"name": "api", "ecs": {"cluster": cluster.name, "services": ["shop"]}},
        {"name": "web", **web, "after": ["api"]},
        {"name": "docs", **docs, "after": ["web"]},
    ]
    site.commit_settings({"components": components})
    site.environment["VERCEL_TOKEN"] = vercel_server.TOKEN
    return site


def _settings(made: Vercel) -> dict[str, Any]:
    url = made.server.url
    health = [{"url": f"{url}/-/health", "version_key": "version", "attempts": 1}]
    return {"vercel": {"project": made.name, "team": made.slug, "api": url}, "health": health}


def test_a_front_end_that_refuses_stops_the_rest_and_all_of_it_can_go_on_and_return(
    stack: Site, vercel: tuple[Vercel, Vercel]
) -> None:
    names = {vercel_server.GOOD: "v2", vercel_server.BAD: "bad"}

    def live() -> list[str]:
        return [*stack.cluster.versions("shop"), *(names[made.commit()] for made in vercel)]

    plan = stack.plan()
    assert [(row["id"], row["stage"]) for row in plan["components"]] == [
        ("api", 0),
        ("web", 1),
        ("docs", 2),
    ]
    vercel[0].server.fault = Fault("500", count=99, method="POST")
    done = stack.execute(plan, check=5)
    assert (done["outcome"], live()) == ("partial", ["v2", "bad", "bad"])
    assert [row["state"] for row in done["targets"]] == ["rolled-back", "failed", "unchanged"]
    assert begun(stack, plan, "rollback.sh") == ["api", "web"]
    vercel[0].server.fault = None
    assert stack.execute(plan)["outcome"] == "done"
    assert live() == ["v2", "v2", "v2"]
    assert stack.restore(plan, check=7)["outcome"] == "restored"
    assert live() == ["bad", "bad", "bad"]
    assert begun(stack, plan, "restore.sh") == ["docs", "web", "api"]


def begun(site: Site, plan: Any, script: str) -> list[str]:
    """Return the components in the order in which a script first changed them."""
    lines = [json.loads(line) for line in site.journal(plan)]
    steps = [line["step"] for line in lines if line["script"] == script]
    return list(dict.fromkeys(step.partition(".")[0] for step in steps))
