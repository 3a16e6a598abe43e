"""What certainly fails is known before: fields that Helm removes or loses, accounts and kinds that are gone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from helm_records import comparison, kind, move, revision
from kubernetes_recorded import NoProxy
from test_helm_preflight import codes, live

from rollback.model import Command
from rollback.platforms.helm.preflight import accounts, duplicates, immutable, kinds
from rollback.platforms.helm.preflight.comparison import compare
from rollback.shell import Answer


def claim(**spec: Any) -> str:
    return kind("PersistentVolumeClaim", spec=spec)


def template(**pods: Any) -> dict[str, Any]:
    return {"template": {"spec": {"containers": [], **pods}}}


def deployment(**pods: Any) -> str:
    return kind("Deployment", "web", "apps/v1", spec=template(**pods))


def variables(*names: str) -> str:
    env = [{"name": name, "value": f"hunter{at}"} for at, name in enumerate(names)]
    return deployment(containers=[{"name": "app", "env": env}])


@pytest.mark.parametrize(
    ("left", "there", "asked", "field"),
    [
        (claim(volumeName="pv"), claim(volumeName="pv"), claim(), "spec.volumeName"),
        (claim(storageClassName="fast"), claim(storageClassName="fast"), claim(), "spec.storageClassName"),
        (claim(), claim(volumeName="pv"), claim(), ""),
        (claim(volumeName="pv"), claim(), claim(), ""),
        (claim(volumeMode="Filesystem"), claim(volumeMode="Filesystem"), claim(), ""),
    ],
    ids=["bound by the chart", "class", "bound by the cluster", "not bound", "default"],
)  # fmt: skip
def test_a_field_that_helm_would_remove_blocks_where_no_server_allows_it(
    left: str, there: str, asked: str, field: str
) -> None:
    found = list(immutable.findings(comparison(left, asked), live(there)))
    assert codes(found) == ["immutable"] * bool(field)
    assert all(field in one.message and "leaves it out" in one.message for one in found)


@pytest.mark.parametrize(
    ("left", "asked", "lost"),
    [
        (("STAGE", "A", "STAGE"), ("A", "STAGE"), ["STAGE"]),
        (("STAGE", "STAGE"), ("A",), []),
        (("STAGE", "STAGE"), ("STAGE", "STAGE"), []),
        (("STAGE",), ("STAGE", "STAGE"), []),
    ],
)
def test_a_variable_that_the_live_release_names_twice_blocks(
    left: tuple[str, ...], asked: tuple[str, ...], lost: list[str]
) -> None:
    found = list(duplicates.findings(comparison(variables(*left), variables(*asked))))
    assert codes(found) == ["duplicate-entry"] * len(lost)
    for one, name in zip(found, lost, strict=True):
        assert f"Deployment/web containers[app].env[{name}]: named twice" in one.message
        assert "hunter" not in one.message and "helm -n shop rollback web 1" in one.fix


def service(*protocols: str) -> str:
    ports = [{"port": 53, "protocol": protocol, "name": protocol} for protocol in protocols]
    return kind("Service", "dns", spec={"ports": ports})


def listening(*protocols: str) -> str:
    ports = [{"containerPort": 53, "protocol": protocol} for protocol in protocols]
    return deployment(containers=[{"name": "app", "ports": ports}])


@pytest.mark.parametrize(
    ("left", "asked", "path"),
    [
        (service("TCP", "UDP"), service("TCP"), "Service/dns ports[53]"),
        (listening("TCP", "UDP"), listening("UDP"), "Deployment/web containers[app].ports[53]"),
        (service("TCP"), service("TCP", "UDP"), ""),
        (service("TCP", "UDP"), service("TCP", "UDP"), ""),
    ],
)
def test_a_port_for_two_protocols_blocks_where_the_target_has_one(
    left: str, asked: str, path: str
) -> None:
    found = list(duplicates.findings(comparison(left, asked)))
    assert codes(found) == ["duplicate-entry"] * bool(path)
    assert all(one.message.startswith(f"{path}: named twice") for one in found)


def test_helm_on_the_server_does_not_merge() -> None:
    twice, once = variables("STAGE", "STAGE"), variables("STAGE")
    source, target = revision(2, twice, status="deployed"), revision(1, once, apply_method="ssa")
    on_server = compare(move(source, target, helm="v4.0.1"))
    assert list(duplicates.findings(on_server)) == []
    assert codes(duplicates.findings(compare(move(source, target)))) == ["duplicate-entry"]


ACCOUNT = kind("ServiceAccount", "shopper")
KEPT = kind(
    "ServiceAccount", "shopper", metadata={"annotations": {"helm.sh/resource-policy": "keep"}}
)


@pytest.mark.parametrize(
    ("before", "after", "level"),
    [
        (deployment(serviceAccountName="shopper") + ACCOUNT, deployment(), "blocker"),
        (deployment(serviceAccountName="shopper") + KEPT, deployment(), "warning"),
        (deployment(serviceAccountName="shopper") + ACCOUNT, deployment() + ACCOUNT, "warning"),
        (deployment(serviceAccountName="shopper") + ACCOUNT, deployment(serviceAccountName="clerk"), ""),
        (deployment(serviceAccountName="default"), deployment(), ""),
        (deployment(), deployment(), ""),
    ],
    ids=["deleted", "kept", "in both", "another", "the default", "none"],
)  # fmt: skip
def test_an_account_that_the_merge_keeps_blocks_where_helm_deletes_it(
    before: str, after: str, level: str
) -> None:
    found = list(accounts.findings(comparison(before, after), live(before)))
    assert [one.level for one in found] == [level] * bool(level)
    for one in found:
        assert "Deployment/web keeps service account shopper" in one.message
        assert "kubectl -n shop patch deployment.apps/web" in one.fix


class Discovery:
    """A cluster that serves these kinds of shop.example/v1; None: it does not say."""

    def __init__(self, *kinds: str | None) -> None:
        self.served, self.kinds, self.asked = NoProxy(), kinds, list[str]()

    def ask_all(self, commands: list[Command]) -> list[Answer]:
        if self.kinds == (None,):
            return [Answer((1, "", "NotFound")) for _ in commands]
        text = json.dumps({"resources": [{"kind": name} for name in self.kinds]})
        self.asked += [command.argv[-1] for command in commands]
        return [Answer((0, text, "")) for _ in commands]


@pytest.mark.parametrize(
    ("kinds_served", "gone"), [(("Cart",), False), (("Till",), True), ((None,), False)]
)
def test_a_kind_of_the_live_manifest_that_is_gone_blocks(
    kinds_served: tuple[str | None, ...], gone: bool
) -> None:
    before = kind("Cart", "mine", "shop.example/v1") + kind("Deployment", "web", "apps/v1")
    cluster = Discovery(*kinds_served)
    found = kinds.findings(comparison(before, kind("ConfigMap")), cluster)  # type: ignore[arg-type]
    assert codes(found) == ["kind-gone"] * gone
    assert cluster.asked == ["/apis/shop.example/v1"] * (kinds_served != (None,))


def test_no_discovery_is_read_where_no_kind_is_custom() -> None:
    before, cluster = kind("Ingress", "web", "networking.k8s.io/v1"), Discovery("Till")
    assert list(kinds.findings(comparison(before, before), cluster)) == []  # type: ignore[arg-type]
    assert cluster.asked == []
