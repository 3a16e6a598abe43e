"""Templates that serve the same, and what differs between two that name the same image tag."""

from __future__ import annotations

from typing import Any

import pytest
from cluster_moves import SHOP, deployment, revision, template
from msgspec.structs import replace

from rollback.platforms._cluster import content
from rollback.platforms._cluster.changes import WorkloadChange
from rollback.platforms._cluster.preflight import state


def test_the_same_moving_tag_names_what_else_differs_and_never_a_value() -> None:
    change = same_tag({"env": [{"name": "COLOR", "value": "s3cret"}]})
    *_, finding = state.findings(change)
    assert (finding.level, finding.code) == ("warning", "mutable-tag")
    assert "changes only spec.containers[web].env" in finding.message
    assert "s3cret" not in finding.message


def test_the_same_moving_tag_and_nothing_else_blocks() -> None:
    mark = {"env": [{"name": "STAKATER_LIMITS_CONFIGMAP", "value": "2f6b"}]}
    *_, finding = state.findings(same_tag(mark))
    assert (finding.level, finding.code) == ("blocker", "same-content")


def same_tag(container: dict[str, Any]) -> WorkloadChange:
    """Both revisions name shop:live; the older one has these fields, too."""
    ends = []
    for number, more in ((2, {}), (1, container)):
        content = template("shop:live")
        content["spec"]["containers"][0] |= more
        ends.append(replace(revision(number), template=content))
    return WorkloadChange(SHOP, deployment(image="shop:live"), *ends)


RESTARTS = [
    {"annotations": {"kubectl.kubernetes.io/restartedAt": "2026-11-24T10:00:00Z"}},
    {"annotations": {"vso.secrets.hashicorp.com/restartedAt": "2026-11-24T10:00:00Z"}},
    {"annotations": {"reloader.stakater.com/last-reloaded-from": '{"kind":"SECRET"}'}},
    {"annotations": {"configmap.reloader.stakater.com/reload": "limits"}},
    {"annotations": {"wave.pusher.com/config-hash": "2f6b"}},
    {"annotations": {"keel.sh/update-time": "2026-11-24 10:00:00"}},
    {"annotations": {"cattle.io/timestamp": "2026-11-24T10:00:00Z"}},
    {"annotations": {"secrets.doppler.com/secretsupdate.shop": "W/1"}},
    {"annotations": {"secrets.infisical.com/managed-secret.shop": "W/1"}},
    {"annotations": {"operator.1password.io/last-restarted": "2026-11-24"}},
    {"annotations": {"rollme": "aB3dE"}},
    {"env": [{"name": "STAKATER_LIMITS_CONFIGMAP", "value": "2f6b"}]},
    {"env": [{"name": "FABRIC8_LIMITS_CONFIGMAP", "value": "2f6b"}]},
]
RELEASES = [
    {"annotations": {"checksum/config": "2f6b"}},
    {"annotations": {"git-sha": "2f6b"}},
    {"env": [{"name": "STAKATER", "value": "1"}]},
    {"env": [{"name": "COLOR", "value": "red"}]},
]


def marked(mark: dict[str, Any]) -> dict[str, Any]:
    made = template()
    made["metadata"]["annotations"] = {"team": "shop", **mark.get("annotations", {})}
    variables = [{"name": "LIMIT", "value": "5"}, *mark.get("env", ())]
    made["spec"]["containers"][0]["env"] = variables
    return made


@pytest.mark.parametrize("mark", RESTARTS)
def test_marks_of_restarts_change_nothing_that_serves(mark: dict[str, Any]) -> None:
    assert content.serves(marked(mark)) == content.serves(marked({}))


@pytest.mark.parametrize("mark", RELEASES)
def test_what_a_deploy_writes_serves_something_else(mark: dict[str, Any]) -> None:
    assert content.serves(marked(mark)) != content.serves(marked({}))


def test_the_first_variable_of_a_container_may_be_a_mark() -> None:
    first = template()
    first["spec"]["containers"][0]["env"] = [{"name": "STAKATER_A_SECRET", "value": "1"}]
    assert content.serves(first) == content.serves(template())
