"""Of a Helm release a gap in service is reported by the strategy that the target will have."""

from __future__ import annotations

from typing import Any

import pytest
from helm_records import comparison, kind
from test_downtime import READY, rolling

from rollback.platforms.helm.manifest import objects
from rollback.platforms.helm.preflight import downtime as of_helm


def web(image: str, **spec: Any) -> str:
    return kind(
        "Deployment",
        "web",
        "apps/v1",
        spec={"template": {"spec": {"containers": [{"name": "web", "image": image}]}}, **spec},
    )


RECREATE = {"type": "Recreate"}
DEFAULTS = rolling(maxUnavailable="25%", maxSurge="25%")


def told(now: str, then: str, there: str) -> list[str]:
    live = {key: {**one, "status": READY} for key, one in objects(there, "shop").items()}
    return [one.message for one in of_helm.findings(comparison(now, then), live)]


@pytest.mark.parametrize(
    ("now", "then", "there"),
    [
        (web("a", strategy=RECREATE), web("b", strategy=RECREATE), web("a", strategy=RECREATE)),
        (web("a"), web("b", strategy=RECREATE), web("a", **DEFAULTS)),
        (web("a"), web("b"), web("a", strategy=RECREATE)),
        (web("a"), web("a", strategy=RECREATE), web("by hand", **DEFAULTS)),
    ],
    ids=[
        "always",
        "only in the target",
        "set by hand and left alone",
        "a template that was changed by hand",
    ],
)
def test_of_a_helm_release_the_strategy_counts_that_the_target_will_have(
    now: str, then: str, there: str
) -> None:
    assert told(now, then, there) == [
        "deployment/web: strategy Recreate stops all pods before new ones start"
    ]


@pytest.mark.parametrize(
    ("now", "then", "there"),
    [
        (web("a", strategy=RECREATE), web("b"), web("a", strategy=RECREATE)), (web("a", strategy=RECREATE), web("a", strategy=RECREATE), web("a")),
        (web("a"), kind("ConfigMap"), web("a")), (kind("ConfigMap"), web("b", strategy=RECREATE), ""),
    ],
    ids=["only in what is left", "its pods stay", "it goes for good", "it was not there"],
)  # fmt: skip
def test_of_a_helm_release_whose_pods_go_on_serving_nothing_is_told(
    now: str, then: str, there: str
) -> None:
    assert told(now, then, there) == []
