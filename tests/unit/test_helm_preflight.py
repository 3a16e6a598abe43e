"""What two manifests and the live objects say before a Helm release is touched."""

from __future__ import annotations

from typing import Any

import pytest
from helm_records import ends, kind

from rollback.model import Finding
from rollback.platforms.helm import checkpoint
from rollback.platforms.helm.manifest import key, masked, objects
from rollback.platforms.helm.preflight import difference, foreign, hooks, immutable, pending, trial
from rollback.platforms.helm.preflight.pair import Pair
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
def test_what_nobody_gets_back_blocks_when_the_target_lacks_it(gone: str, code: str) -> None:
    assert codes(difference.findings(ends(CONFIG + gone, CONFIG))) == [code]
    assert codes(difference.findings(ends(CONFIG + gone, CONFIG + gone))) == []


def test_other_objects_that_go_are_named() -> None:
    (one,) = difference.findings(
        ends(CONFIG + kind("Service", "web") + kind("Job", "x", "batch/v1"), CONFIG)
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
def test_fields_that_cannot_change_block(was: str, asked: str, field: str) -> None:
    (one,) = immutable.findings(ends(was, asked), live(was))
    assert (one.level, one.code) == ("blocker", "immutable")
    assert field in one.message


def test_what_the_server_filled_in_and_what_a_failed_upgrade_asked_for_are_no_change() -> None:
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
        list(immutable.findings(ends(workload(serviceName="never"), asked, "failed"), live(there)))
        == []
    )
    assert (
        list(immutable.findings(ends(workload(serviceName="a"), workload(serviceName="b")), {}))
        == []
    ), "it is gone, so it is made anew"


def claim(size: str) -> str:
    return kind("PersistentVolumeClaim", spec={"resources": {"requests": {"storage": size}}})


@pytest.mark.parametrize(
    ("asked", "there", "shrinks"),
    [("1Gi", "2Gi", True), ("2048Mi", "2Gi", False), ("3Gi", "2Gi", False)],
)
def test_a_claim_is_measured_against_the_live_one(asked: str, there: str, shrinks: bool) -> None:
    assert (
        codes(immutable.findings(ends(claim(asked), claim(asked)), live(claim(there))))
        == ["claim-shrinks"] * shrinks
    )


class There:
    """A cluster that says this of whatever it is asked for."""

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
def test_an_object_of_any_kind_that_is_there_already_is_told_by_whose_it_is(
    marks: str, found: list[str], of: tuple[str, str]
) -> None:
    there = There(f"b   {marks}\n")
    assert [
        one.code for one in foreign.findings(ends(CONFIG, CONFIG + kind(of[0], "b", of[1])), there)
    ] == found  # type: ignore[arg-type]
    assert f"{of[0].lower()}{'.' * ('/' in of[1])}{of[1].rpartition('/')[0]}/b" in there.asked


def test_what_both_revisions_have_or_nobody_has_is_in_no_way() -> None:
    assert list(foreign.findings(ends(CONFIG, CONFIG), There("a x y\n"))) == []  # type: ignore[arg-type]
    assert list(foreign.findings(ends(CONFIG, CONFIG + kind("Secret", "b")), There(""))) == []  # type: ignore[arg-type]


def test_somebody_at_work_is_told_from_what_was_left() -> None:
    assert codes(pending.findings(ends(CONFIG, CONFIG, "pending-upgrade")), "warning") == [
        "stuck"
    ], "it began long ago"
    both = ends(CONFIG, CONFIG, "uninstalled")
    assert codes(pending.findings(both)) == ["uninstalled"]


def hook(event: str, manifest: str = "a") -> dict[str, Any]:
    return {"kind": "Job", "name": "migrate", "events": [event], "manifest": manifest}


def test_hooks_of_the_target_are_named_and_not_run_when_one_has_the_release_stuck() -> None:
    def told(status: str) -> list[Finding]:
        both = ends(CONFIG, CONFIG, status)
        return list(
            hooks.findings(
                Pair(
                    both.move,
                    both.current,
                    type(both.to)(*(1, "", "", "", {}, ""), hooks=(hook("pre-rollback"),)),
                    {},
                    {},
                )
            )
        )

    assert [one.code for one in told("deployed")] == ["hooks"]
    assert [one.code for one in told("pending-rollback")] == ["hooks-skipped"]
    assert "Job/migrate (pre-rollback)" in told("deployed")[0].message


def test_hooks_that_the_way_back_runs_are_named() -> None:
    (one,) = hooks.findings(ends(CONFIG, CONFIG, hooks=(hook("post-rollback"),)))
    assert (one.level, one.code) == ("note", "hooks-restore")
    assert "(post-rollback)" in one.message


def test_hooks_that_ran_with_the_live_release_only_are_named() -> None:
    (one,) = hooks.findings(ends(CONFIG, CONFIG, hooks=(hook("pre-upgrade"),)))
    assert (one.level, one.code) == ("note", "hooks-stay")


class Refusing:
    """A server that refuses the trial with these words."""

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
def test_the_servers_own_words_are_told_apart(words: str, level: str, code: str) -> None:
    assert [
        (one.level, one.code) for one in trial.findings(ends(CONFIG, CONFIG), Refusing(words))
    ] == [(level, code)]  # type: ignore[arg-type]


def test_values_of_secrets_and_variables_are_masked_and_dates_stay_words() -> None:
    text = kind("Secret", stringData={"a": "hunter2"}, data={"b": "aHVudGVyMg=="}) + kind(
        "Pod", spec={"env": [{"name": "T", "value": "hunter3"}]}
    )
    assert "hunter" not in str(masked(objects(text, "shop").values()))
    assert (
        objects("kind: A\nmetadata: {name: 2026-01-01}\n", "shop").popitem()[1]["metadata"]["name"]
        == "2026-01-01"
    )
    assert set(checkpoint._hashes("s", {"a": {"b": 1}, "c": {}})) == {"a.b", "c"}


def test_lists_of_objects_and_other_namespaces_are_seen() -> None:
    inner = '{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "w", "namespace": "other"}}'
    text = f"---\nkind: List\nitems: [{inner}]\n--- \n# nothing\n"
    assert list(objects(text, "shop")) == [("apps", "Deployment", "other", "w")]
    assert key({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}, "shop") == (
        "",
        "Pod",
        "shop",
        "p",
    )
