"""Services before and after a rollback: selectors, ports by name and number, endpoints."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cluster_moves import SHOP

from rollback.model import Finding
from rollback.platforms._cluster.changes import WorkloadChange
from rollback.platforms._cluster.endpoints import Endpoints, _ready_pods, failed_before, unserved
from rollback.platforms._cluster.preflight import services
from rollback.platforms._cluster.preflight.services import Reach
from rollback.platforms._cluster.revisions import Revision
from rollback.platforms._cluster.services import Service, index, parse, shape
from rollback.platforms._cluster.workloads import Workload
from rollback.shell import Answer

WEB_PORT = {"name": "web", "containerPort": 9090}
HTTP_PORT = {"name": "http", "containerPort": 8080}


class Pods:
    """A cluster that answers every list of pods with these labels, all of them ready."""

    def __init__(self, *labels: dict[str, str]) -> None:
        ready = {"conditions": [{"type": "Ready", "status": "True"}]}
        self.served: dict[str, Any] = {}
        self.pods = [
            {"metadata": {"name": "x", "labels": each}, "status": ready} for each in labels
        ]

    def ask_all(self, commands: list[Any]) -> list[Answer]:
        return [Answer((0, json.dumps({"items": self.pods}), "")) for _ in commands]


def template(version: str, *ports: dict[str, Any], **container: Any) -> dict[str, Any]:
    return {
        "metadata": {"labels": {"app": "shop", "version": version}},
        "spec": {"containers": [{"name": "app", "ports": list(ports), **container}]},
    }


def change(before: dict[str, Any], after: dict[str, Any]) -> WorkloadChange:
    raw = {
        "metadata": {"name": "shop"},
        "spec": {"selector": {"matchLabels": {"app": "shop"}}, "template": before},
    }
    revisions = [
        Revision(number, "", "", "", content) for number, content in ((3, before), (2, after))
    ]
    return WorkloadChange(SHOP, Workload("deployment", raw), *revisions)


def service(target: Any = 80, **selector: str) -> dict[str, Any]:
    spec = {"selector": selector or {"app": "shop"}, "ports": [{"port": 80, "targetPort": target}]}
    return {"metadata": {"name": "shop"}, "spec": spec}


def found(
    live: dict[str, Any], moved: WorkloadChange, *others: dict[str, str], **goals: Service | None
) -> list[Finding]:
    return list(services.findings(Reach(SHOP, [moved], [live], goals), Pods(*others)))  # type: ignore[arg-type]


def test_selector_that_only_the_live_release_matches_blocks() -> None:
    (finding,) = found(service(app="shop", version="v3"), change(template("v3"), template("v2")))
    assert (finding.level, finding.code) == ("blocker", "service-selector")
    assert (
        "Service shop selects version=v3" in finding.message
        and "deployment/shop" in finding.message
    )
    assert """--type=merge -p '{"spec":{"selector":{"version":null}}}'; """ in finding.fix
    assert len(finding.fix) < 220, "a command that is cut cannot be pasted"


def test_selector_without_a_label_that_both_releases_share_gets_those_of_the_workload() -> None:
    (finding,) = found(service(version="v3"), change(template("v3"), template("v2")))
    assert '{"spec":{"selector":{"version":null,"app":"shop"}}}' in finding.fix


def test_selector_that_both_releases_match_is_not_reported() -> None:
    assert found(service(app="shop"), change(template("v3"), template("v2"))) == []


def test_service_that_other_pods_still_serve_is_a_warning() -> None:
    moved = change(template("v3"), template("v2"))
    live = service(version="v3")
    assert [one.level for one in found(live, moved, {"app": "canary", "version": "v3"})] == [
        "warning"
    ]
    assert [one.level for one in found(live, moved, {"app": "shop", "version": "v3"})] == [
        "blocker"
    ], "its own pods go"


def test_service_without_a_selector_or_of_other_pods_is_not_reported() -> None:
    moved = change(template("v3"), template("v2"))
    assert found({"metadata": {"name": "x"}, "spec": {"ports": [{"port": 1}]}}, moved) == []
    assert found(service(app="other"), moved) == []


@pytest.mark.parametrize(
    ("target", "before", "after", "level"),
    [
        ("web", [WEB_PORT], [HTTP_PORT], "blocker"),
        ("web", [WEB_PORT], [{"name": "web", "containerPort": 8080}], None),  # what names are for
        ("web", [WEB_PORT], [{**WEB_PORT, "protocol": "UDP"}], "blocker"),
        ("gone", [WEB_PORT], [HTTP_PORT], None),  # it leads nowhere today, either
        (
            9090,
            [WEB_PORT],
            [{"name": "web", "containerPort": 8080}],
            "blocker",
        ),  # the same port moved
        (9090, [{"containerPort": 9090}], [{"containerPort": 8080}], "blocker"),
        (9090, [WEB_PORT], [HTTP_PORT], "warning"),  # two names: both may listen
        (9090, [WEB_PORT], [], None),  # the target declares none: a port need not be declared
        (9090, [], [HTTP_PORT], None),
        ("9090", [WEB_PORT], [WEB_PORT], None),
    ],
)
def test_port_that_the_target_lacks(
    target: Any, before: list[Any], after: list[Any], level: str | None
) -> None:
    findings = found(service(target), change(template("v3", *before), template("v2", *after)))
    assert [one.level for one in findings] == ([level] if level else [])
    assert {one.code for one in findings} <= {"service-port"}


def test_number_that_a_probe_of_the_target_calls_is_listened_on() -> None:
    probe = {"readinessProbe": {"httpGet": {"port": 9090}}}
    assert (
        found(service(9090), change(template("v3", WEB_PORT), template("v2", HTTP_PORT, **probe)))
        == []
    )


def test_number_that_fits_both_releases_is_the_way_out_of_a_renamed_port() -> None:
    renamed = {"name": "http", "containerPort": 9090}
    (finding,) = found(service("web"), change(template("v3", WEB_PORT), template("v2", renamed)))
    assert (
        "reaches both releases" in finding.fix
        and '"/spec/ports/0/targetPort","value":9090' in finding.fix
    )
    (finding,) = found(service("web"), change(template("v3", WEB_PORT), template("v2", HTTP_PORT)))
    assert '"value":8080' in finding.fix and "cuts off the live release" in finding.fix


def test_services_that_the_rollback_writes_count_as_they_will_be() -> None:
    moved, live = change(template("v3"), template("v2")), service(app="shop", version="v3")
    assert found(live, moved, shop=parse(service(app="shop", version="v2"))) == []
    assert found(live, moved, shop=None) == [], "it is deleted with the release"
    (finding,) = found(live, moved, shop=parse(live))
    assert finding.level == "blocker" and "kubectl" not in finding.fix, (
        "the release would overwrite a patch"
    )


def endpoints(
    live: dict[str, Any], ports: list[dict[str, Any]] | None, *pods: str, has_pods: bool = False
) -> Endpoints:
    ready = [{"targetRef": {"name": name}, "conditions": {"ready": True}} for name in pods]
    labels = {"kubernetes.io/service-name": "shop"}
    slices = [{"metadata": {"labels": labels}, "endpoints": ready, "ports": ports or []}]
    return Endpoints(index([parse(live)]), _ready_pods(slices), lambda _: has_pods)


def problem(live: dict[str, Any], ports: Any, now: dict[str, Any], planned: Any, *pods: str) -> Any:
    workload = Workload("deployment", {"metadata": {"name": "shop"}, "spec": {"template": now}})
    known = endpoints(live, ports, *pods)
    return unserved(
        workload,
        [{"metadata": {"name": "shop-a"}}],
        known,
        planned and shape("shop", "deployment/shop", planned),
    )


OPEN = [{"name": "", "port": 8080}]


def test_ready_endpoint_with_its_port_serves() -> None:
    assert problem(service(8080), OPEN, template("v2"), template("v3"), "shop-a") is None
    assert problem(service("http"), OPEN, template("v2", HTTP_PORT), None, "shop-a") is None


def test_endpoint_without_ports_serves_nothing() -> None:
    (verdict, detail) = problem(
        service("web"), [], template("v2", HTTP_PORT), template("v3", WEB_PORT), "shop-a"
    )
    assert (
        verdict == "unhealthy" and "of Service shop points to web, which no container has" in detail
    )


def test_endpoints_that_lag_behind_are_waited_for() -> None:
    assert problem(service(8080), OPEN, template("v2"), template("v3"), "shop-old")[0] == "waiting"


def test_service_that_selected_the_pods_when_planned_must_still_select_some() -> None:
    live = service(8080, app="shop", version="v3")
    (verdict, detail) = problem(live, OPEN, template("v2"), template("v3"), "shop-old")
    assert verdict == "unhealthy" and "Service shop selects version=v3, which no pod has" in detail
    assert problem(live, OPEN, template("v2"), template("v2"), "shop-old") is None, (
        "it was not theirs"
    )


def test_port_that_led_nowhere_before_is_told_apart() -> None:
    live = service("metrics")
    now, before = template("v2", HTTP_PORT), template("v3", WEB_PORT)
    assert problem(live, [], now, before, "shop-a") is None
    workload = Workload("deployment", {"metadata": {"name": "shop"}, "spec": {"template": now}})
    planned = shape("shop", "deployment/shop", before)
    assert "had no endpoints before either" in failed_before(workload, endpoints(live, []), planned)
