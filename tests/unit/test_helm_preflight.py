"""What two manifests and the live objects say before a Helm release is changed."""

from __future__ import annotations

from typing import Any

import pytest
from helm_records import comparison, kind, move, revision
from msgspec.structs import replace

from rollback.model import Finding
from rollback.platforms.helm.manifest import key, masked, objects
from rollback.platforms.helm.preflight import (
    deletions,
    dry_run,
    existing,
    hooks,
    immutable,
    pending,
)
from rollback.platforms.helm.preflight.comparison import compare
from rollback.platforms.helm.snapshot import hashes
from rollback.shell import Answer

CONFIG = kind("ConfigMap")


def codes(found: Any, level: str = "blocker") -> list[str]:
    return [one.code for one in found if one.level == level]


@pytest.mark.parametrize(
    ("gone", "code"),
    [
        (kind("CustomResourceDefinition", version="apiextensions.k8s.io/v1"), "destructive"), (kind("PersistentVolumeClaim"), "destructive"),
        (kind("PersistentVolume"), "destructive"), (kind("Namespace"), "destructive"),
        (kind("ConfigMap", "b", metadata={"annotations": {"helm.sh/resource-policy": "Keep"}}), "kept-object"),
        (kind("StatefulSet", version="apps/v1", spec={"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete"}}), "destructive"),
    ],
)  # fmt: skip
def test_deleting_what_is_irreplaceable_blocks(gone: str, code: str) -> None:
    assert codes(deletions.findings(comparison(CONFIG + gone, CONFIG))) == [code]
    assert codes(deletions.findings(comparison(CONFIG + gone, CONFIG + gone))) == []


def test_other_deletions_are_named() -> None:
    (one,) = deletions.findings(
        comparison(CONFIG + kind("Service", "web") + kind("Job", "x", "batch/v1"), CONFIG)
    )
    assert (one.level, one.code) == ("warning", "deletes")
    assert "Service/web, Job/x" in one.message


def workload(**spec: Any) -> str:
    return kind(
        "StatefulSet", version="apps/v1", spec={"selector": {"matchLabels": {"app": "a"}}, **spec}
    )


def live(text: str, **more: Any) -> dict[Any, Any]:
    return {name: {**one, **more} for name, one in objects(text, "shop").items()}


@pytest.mark.parametrize(
    ("was", "asked", "field"),
    [
        (workload(), workload(selector={"matchLabels": {"app": "b"}}), "spec.selector"),
        (workload(serviceName="a"), workload(serviceName="b"), "spec.serviceName"),
        (workload(), workload(podManagementPolicy="Parallel"), "spec.podManagementPolicy"),
        (kind("Secret", type="Opaque"), kind("Secret", type="kubernetes.io/tls"), "type"),
        (kind("ConfigMap", immutable=True, data={"a": "1"}), kind("ConfigMap", immutable=True, data={"a": "2"}), "data (it is marked immutable)"),
        (kind("RoleBinding", version="rbac.authorization.k8s.io/v1", roleRef={"name": "a"}),
         kind("RoleBinding", version="rbac.authorization.k8s.io/v1", roleRef={"name": "b"}), "roleRef"),
    ],
)  # fmt: skip
def test_immutable_fields_block(was: str, asked: str, field: str) -> None:
    (one,) = immutable.findings(comparison(was, asked), live(was))
    assert (one.level, one.code) == ("blocker", "immutable")
    assert field in one.message


def test_defaults_and_what_a_failed_upgrade_asked_for_are_no_change() -> None:
    asked = workload(
        volumeClaimTemplates=[
            {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"]}}
        ]
    )
    there = workload(
        podManagementPolicy="OrderedReady",
        volumeClaimTemplates=[
            {
                "metadata": {"name": "data"},
                "spec": {"accessModes": ["ReadWriteOnce"], "volumeMode": "Filesystem"},
                "status": {},
            }
        ],
    )
    assert (
        list(
            immutable.findings(
                comparison(workload(serviceName="never"), asked, "failed"), live(there)
            )
        )
        == []
    )
    assert (
        list(
            immutable.findings(comparison(workload(serviceName="a"), workload(serviceName="b")), {})
        )
        == []
    ), "it is gone, so it is created again"


def claim(size: str) -> str:
    return kind("PersistentVolumeClaim", spec={"resources": {"requests": {"storage": size}}})


@pytest.mark.parametrize(
    ("asked", "there", "shrinks"),
    [("1Gi", "2Gi", True), ("2048Mi", "2Gi", False), ("3Gi", "2Gi", False)],
)
def test_claim_is_compared_with_the_live_one(asked: str, there: str, shrinks: bool) -> None:
    assert (
        codes(immutable.findings(comparison(claim(asked), claim(asked)), live(claim(there))))
        == ["claim-shrinks"] * shrinks
    )


class Existing:
    """A cluster that gives this answer to every question."""

    def __init__(self, rows: str) -> None:
        self.rows, self.asked = rows, ""

    def ask_all(self, commands: Any) -> list[Answer]:
        self.asked = "; ".join(map(str, commands))
        return [Answer((0, self.rows, "")) for _ in commands]


@pytest.mark.parametrize(
    ("marks", "found"),
    [
        ("<none> <none>", ["in-the-way"]),
        ("web other", ["in-the-way"]),
        ("other shop", ["in-the-way"]),
        ("web shop", ["left-behind"]),
    ],
)
@pytest.mark.parametrize(
    "of",
    [
        ("ConfigMap", "v1"),
        ("Secret", "v1"),
        ("Role", "rbac.authorization.k8s.io/v1"),
        ("Certificate", "cert.io/v1"),
    ],
)
def test_existing_objects_are_reported_by_owner(
    marks: str, found: list[str], of: tuple[str, str]
) -> None:
    cluster = Existing(f"b   {marks}\n")
    assert [
        one.code
        for one in existing.findings(comparison(CONFIG, CONFIG + kind(of[0], "b", of[1])), cluster)
    ] == found  # type: ignore[arg-type]
    assert f"{of[0].lower()}{'.' * ('/' in of[1])}{of[1].rpartition('/')[0]}/b" in cluster.asked


def test_objects_of_both_revisions_or_of_none_are_not_in_the_way() -> None:
    assert list(existing.findings(comparison(CONFIG, CONFIG), Existing("a x y\n"))) == []  # type: ignore[arg-type]
    assert (
        list(existing.findings(comparison(CONFIG, CONFIG + kind("Secret", "b")), Existing("")))
        == []
    )  # type: ignore[arg-type]


def test_deploy_in_flight_is_told_apart_from_an_abandoned_one() -> None:
    assert codes(pending.findings(comparison(CONFIG, CONFIG, "pending-upgrade")), "warning") == [
        "stuck"
    ], "it began long ago"
    found = comparison(CONFIG, CONFIG, "uninstalled")
    assert codes(pending.findings(found)) == ["uninstalled"]


def hook(event: str, manifest: str = "a") -> dict[str, Any]:
    return {"kind": "Job", "name": "migrate", "events": [event], "manifest": manifest}


def test_hooks_of_the_target_are_named_or_skipped_when_one_failed() -> None:
    def reported(status: str) -> list[Finding]:
        found = comparison(CONFIG, CONFIG, status)
        target = replace(found.target, hooks=(hook("pre-rollback"),))
        return list(hooks.findings(replace(found, target=target), {}))

    assert [one.code for one in reported("deployed")] == ["hooks"]
    assert [one.code for one in reported("pending-rollback")] == ["hooks-skipped"]
    assert "Job/migrate (pre-rollback)" in reported("deployed")[0].message


def test_hooks_that_the_undo_runs_are_named() -> None:
    (one,) = hooks.findings(comparison(CONFIG, CONFIG, hooks=(hook("post-rollback"),)), {})
    assert (one.level, one.code) == ("note", "hooks-restore")
    assert "(post-rollback)" in one.message


def test_hooks_that_ran_with_the_live_release_only_are_named() -> None:
    (one,) = hooks.findings(comparison(CONFIG, CONFIG, hooks=(hook("pre-upgrade"),)), {})
    assert (one.level, one.code) == ("note", "hooks-stay")


class Refusing:
    """A server that refuses the dry run with this message."""

    def __init__(self, words: str) -> None:
        self.words = words

    def ask(self, command: Any) -> Answer:
        return Answer((1, "", self.words))


@pytest.mark.parametrize(
    ("words", "level", "code"),
    [
        (
            'The Deployment "web" is invalid: spec.selector: Invalid value: {}: field is immutable',
            "blocker",
            "admission-refused",
        ),
        (
            'error: resource mapping not found for name: "x": no matches for kind "Foo" in version "a/v1"',
            "blocker",
            "kind-gone",
        ),
        (
            'Error from server (Forbidden): deployments.apps "web" is forbidden: User "a" cannot patch resource',
            "blocker",
            "rbac",
        ),
        (
            'The Service "web" is invalid: spec.ports[1].name: Duplicate value: "http"',
            "warning",
            "admission-doubtful",
        ),
        (
            'Error from server: admission webhook "policy.example" denied the request: no',
            "blocker",
            "admission-refused",
        ),
    ],
)
def test_server_errors_are_told_apart(words: str, level: str, code: str) -> None:
    assert [
        (one.level, one.code)
        for one in dry_run.findings(comparison(CONFIG, CONFIG), Refusing(words))
    ] == [(level, code)]  # type: ignore[arg-type]


SCALED = (
    'error: Apply failed with 1 conflict: conflict with "kube-controller-manager" with subresource '
    '"scale" using apps/v1: .spec.replicas'
)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (SCALED, []),
        (SCALED.replace('with subresource "scale" ', ""), ["conflict"]),
        (f'{SCALED}\nerror: Apply failed with 1 conflict: conflict with "keda": .spec.paused', ["conflict"]),
    ],
    ids=["autoscaler", "controller", "both"],
)  # fmt: skip
def test_on_the_server_an_autoscaler_is_no_controller_that_fights(
    words: str, found: list[str]
) -> None:
    source, target = revision(2, CONFIG, status="deployed"), revision(1, CONFIG, apply_method="ssa")
    on_server = compare(move(source, target, helm="v4.0.1"))
    assert codes(dry_run.findings(on_server, Refusing(words))) == found  # type: ignore[arg-type]


def test_secrets_and_variables_are_masked_and_dates_stay_strings() -> None:
    text = kind("Secret", stringData={"a": "hunter2"}, data={"b": "aHVudGVyMg=="}) + kind(
        "Pod", spec={"env": [{"name": "T", "value": "hunter3"}]}
    )
    assert "hunter" not in str(masked(objects(text, "shop").values()))
    assert (
        objects("kind: A\nmetadata: {name: 2026-01-01}\n", "shop").popitem()[1]["metadata"]["name"]
        == "2026-01-01"
    )
    assert set(dict(hashes("s", {"a": {"b": 1}, "c": {}}))) == {"a.b", "c"}


def test_lists_and_other_namespaces_are_read() -> None:
    inner = '{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "w", "namespace": "other"}}'
    text = f"---\nkind: List\nitems: [{inner}]\n--- \n# nothing\n"
    assert list(objects(text, "shop")) == [("apps", "Deployment", "other", "w")]
    assert key({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}, "shop") == (
        "",
        "Pod",
        "shop",
        "p",
    )
