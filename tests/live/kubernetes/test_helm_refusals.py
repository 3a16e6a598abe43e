"""What a rollback of a Helm release would destroy, cannot change or does not own: said before anything is touched."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cluster import CACHE, Namespace, shop
from helm_shop import Helm, claim, config, web
from skill import Project

Releases = Callable[..., Project]


def kind(name: str) -> dict[str, Any]:
    """A definition of a kind of its own."""
    names = {"kind": name.title(), "plural": f"{name}s", "singular": name}
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": {"type": "object"}},
    }
    spec = {"group": "shop.example", "scope": "Namespaced", "names": names, "versions": [version]}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{name}s.shop.example"},
        "spec": spec,
    }


def volume(name: str) -> dict[str, Any]:
    spec = {
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "by-hand",
        "hostPath": {"path": "/tmp"},
    }
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": spec,
    }


def namespace(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


@pytest.mark.parametrize("precious", [kind, volume, namespace])
def test_what_the_target_lacks_blocks_when_more_than_itself_would_go(
    helm: Helm, releases: Releases, space: Namespace, precious: Callable[[str], dict[str, Any]]
) -> None:
    made = precious(f"k{space.name.replace('-', '')}")
    helm.deploy(config())
    helm.deploy(config(), made)
    try:
        plan = releases(helm).plan()
        assert (plan.exit, plan["verdict"]) == (6, "blocked")
        (blocker,) = (one for one in plan["findings"] if one["level"] == "blocker")
        assert (blocker["code"], made["metadata"]["name"] in blocker["message"]) == (
            "destructive",
            True,
        )
        assert helm.newest() == (2, "deployed")
    finally:
        space("delete", made["kind"], made["metadata"]["name"], "--wait=false")


def labelled(tier: str) -> dict[str, Any]:
    """The shop with a selector of its own."""
    made = web("v1", selector={"matchLabels": {"app": "web", "tier": tier}})
    made["spec"]["template"]["metadata"]["labels"]["tier"] = tier
    return made


@pytest.mark.parametrize(
    ("before", "now", "code"),
    [
        (config(), claim("1Gi"), "destructive"),
        (claim("1Gi"), claim("2Gi"), "claim-shrinks"),
        (config(), config("kept", annotations={"helm.sh/resource-policy": "keep"}), "kept-object"),
        (labelled("a"), labelled("b"), "immutable"),
    ],
    ids=["volume claim gone", "volume claim smaller", "kept object gone", "another selector"],
)
def test_what_cannot_be_done_without_loss_blocks(
    helm: Helm,
    releases: Releases,
    space: Namespace,
    before: dict[str, Any],
    now: dict[str, Any],
    code: str,
) -> None:
    helm.deploy(before)
    space(
        "delete", before["kind"], before["metadata"]["name"]
    )  # no server lets it be changed, so it was made anew
    helm.deploy(now)
    plan = releases(helm).plan()
    assert (plan.exit, plan["verdict"]) == (6, "blocked")
    assert code in [one["code"] for one in plan["findings"] if one["level"] == "blocker"]


def test_an_object_of_somebody_else_is_not_taken_over(
    helm: Helm, releases: Releases, space: Namespace
) -> None:
    """Helm stops on it once. Then its own failed try owns it, and the next one overwrites it."""
    helm.deploy(config(a="1"), config("more", kind="Secret", a="1"))
    helm.deploy(config(a="2"))
    project = releases(helm)
    before = project.plan()
    space.apply(config("more", kind="Secret", a="mine"))
    plan = project.plan()
    assert [one["code"] for one in plan["findings"] if one["level"] == "blocker"] == ["in-the-way"]
    assert (project.execute(before).exit, helm.newest()) == (5, (2, "deployed"))
    assert space("get", "secret", "more", "-o", "jsonpath={.data.a}") == "bWluZQ=="


def test_a_way_back_that_would_delete_volumes_leaves_the_release_alone(
    helm: Helm, releases: Releases, space: Namespace
) -> None:
    store = shop(
        "StatefulSet",
        "store",
        1,
        persistentVolumeClaimRetentionPolicy={"whenDeleted": "Delete", "whenScaled": "Retain"},
    )
    helm.deploy(config(a="1"), store)
    helm.deploy(config(a="2"))
    project = releases(helm)
    assert (project.plan()["verdict"], project.plan().codes.count("irreversible")) == ("blocked", 1)
    plan = project.plan("1")
    assert (plan["verdict"], "no-way-back" in plan.codes, "irreversible" in plan.codes) == (
        "ready",
        True,
        False,
    )
    assert project.execute(plan).exit == 0
    assert (project.restore(plan).exit, project.restore(plan).error) == (6, "no-way-back")
    assert space("get", "statefulset", "store", "-o", "name") == "statefulset.apps/store"
    assert (helm.newest(), space("get", "configmap", "settings", "-o", "jsonpath={.data.a}")) == (
        (3, "deployed"),
        "1",
    )


def test_an_upgrade_that_failed_on_a_field_that_cannot_change_can_be_rolled_back(
    helm: Helm, releases: Releases, space: Namespace
) -> None:
    """Its manifest asks for a selector that no live object ever had."""
    helm.deploy(labelled("a"), wait=True)
    helm.deploy(labelled("b"), good=False)
    project = releases(helm)
    plan = project.plan()
    assert (plan["verdict"], project.execute(plan).exit) == ("ready", 0)


def test_a_kind_that_is_no_longer_served_blocks(
    helm: Helm, releases: Releases, space: Namespace
) -> None:
    name = f"g{space.name.replace('-', '')}"
    space.apply(kind(name))
    space.served(f"{name}s.shop.example")
    helm.deploy(
        config(a="1"),
        {"apiVersion": "shop.example/v1", "kind": name.title(), "metadata": {"name": "one"}},
    )
    helm.deploy(config(a="2"))
    space("delete", "crd", f"{name}s.shop.example")
    plan = releases(helm).plan()
    assert (plan["verdict"], "api-version-gone" in plan.codes) == ("blocked", True)


def test_what_the_target_needs_from_outside_its_manifest_has_to_be_there(
    helm: Helm, releases: Releases
) -> None:
    helm.deploy(web("v1", container={"envFrom": [{"secretRef": {"name": "bought"}}]}))
    helm.deploy(web("v2"))
    plan = releases(helm).plan("1")
    assert (plan["verdict"], "Secret bought" in plan.text) == ("blocked", True)
    assert "reference-missing" in plan.codes


def test_a_flux_owner_blocks_until_it_is_suspended(
    helm: Helm, releases: Releases, space: Namespace
) -> None:
    space("apply", "--server-side", "-f", str(CACHE / "crds/helmrelease.yaml"))
    space.served("helmreleases.helm.toolkit.fluxcd.io")
    helm.deploy(config(a="1"))
    helm.deploy(config(a="2"))
    owner = {
        "apiVersion": "helm.toolkit.fluxcd.io/v2",
        "kind": "HelmRelease",
        "metadata": {"name": "shop"},
    }
    owner["spec"] = {"interval": "1h", "chartRef": {"kind": "OCIRepository", "name": "shop"}}
    space.apply(owner)
    project = releases(helm)
    plan = project.plan()
    assert [one["code"] for one in plan["findings"] if one["level"] == "blocker"] == [
        "owner-flux-helmrelease"
    ]
    plan = project.plan("previous", "--suspend-owner")
    assert (plan["verdict"], "owner-flux-helmrelease-to-suspend" in plan.codes) == ("ready", True)
    project.execute(plan)
    assert (
        helm.newest(),
        space("get", "helmrelease", "shop", "-o", "jsonpath={.spec.suspend}"),
    ) == ((3, "deployed"), "true")
    assert project.restore(plan)["outcome"] == "restored"
    assert space("get", "helmrelease", "shop", "-o", "jsonpath={.spec.suspend}") != "true"


def test_mistakes_and_missing_things_are_told_apart(
    helm: Helm, releases: Releases, space: Namespace
) -> None:
    project = releases(helm, "nope")
    assert (project.plan().exit, project.plan().error) == (2, "unknown-helm-release")
    project = releases(helm)
    for driver, said in (("sql", "database"), ("memory", "no history"), ("nonsense", "not a")):
        project.environment["HELM_DRIVER"] = driver
        refused = project.plan()
        assert (refused.exit, refused.error, said in refused["error"]["message"]) == (
            2,
            "helm-driver",
            True,
        )
    project.environment["HELM_DRIVER"] = ""
    project.configure(platform="helm", namespace="nope")
    assert (project.plan().exit, project.plan().error) == (2, "namespace-missing")
    (helm.bin / "helm").unlink()
    (helm.bin / "helm").symlink_to("/bin/true")
    assert (project.plan().exit, project.plan().error) == (12, "helm-version")


def test_an_account_that_may_only_read_is_told_the_role_it_lacks(
    helm: Helm, releases: Releases, space: Namespace, tmp_path: Path
) -> None:
    helm.deploy(config(a="1"))
    helm.deploy(config(a="2"))
    space("create", "serviceaccount", "reader")
    space(
        "create",
        "rolebinding",
        "reader",
        "--clusterrole=view",
        f"--serviceaccount={space.name}:reader",
    )
    space("create", "role", "secrets", "--verb=get,list", "--resource=secrets")
    space(
        "create",
        "rolebinding",
        "secrets",
        "--role=secrets",
        f"--serviceaccount={space.name}:reader",
    )
    token, file = space("create", "token", "reader"), tmp_path / "reader.yaml"
    file.write_text(
        re.sub(r"token: \S+?(?=[,}\s])", f"token: {token}", space.cluster.kubeconfig.read_text())
    )
    project = releases(helm)
    project.environment["KUBECONFIG"] = str(file)
    plan = project.plan()
    told = [one["message"] + one["fix"] for one in plan["findings"] if one["code"] == "rbac"]
    assert plan["verdict"] == "blocked" and any(
        "--verb=create,update --resource=secrets" in one for one in told
    ), plan.text
