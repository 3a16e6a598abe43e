"""What the next deploy trips over: owned fields that a rollback takes, entries that a merge keeps."""

from __future__ import annotations

import json
from typing import Any

from rollback.platforms._cluster.preflight import next_deploy
from rollback.platforms._cluster.preflight.next_deploy import Written

IMAGE = {"f:containers": {'k:{"name":"web"}': {".": {}, "f:name": {}, "f:image": {}}}}
PORT = {'k:{"containerPort":80,"protocol":"TCP"}': {"f:containerPort": {}, "f:name": {}}}


def template(image: str, *env: str, **more: Any) -> dict[str, Any]:
    variables = [{"name": name, "value": "s3cret"} for name in env]
    return {"spec": {"containers": [{"name": "web", "image": image, "env": variables, **more}]}}


def written(
    before: dict[str, Any],
    after: dict[str, Any],
    *managers: dict[str, Any],
    applied: Any = None,
    key: str = "deployment/web",
) -> Written:
    annotations = (
        {
            "kubectl.kubernetes.io/last-applied-configuration": json.dumps(
                {"spec": {"template": applied}}
            )
        }
        if applied
        else {}
    )
    return Written(
        key,
        {"metadata": {"managedFields": list(managers), "annotations": annotations}},
        before,
        after,
    )


def manager(
    name: str, fields: dict[str, Any], operation: str = "Apply", **more: Any
) -> dict[str, Any]:
    return {
        "manager": name,
        "operation": operation,
        "fieldsV1": {"f:spec": {"f:template": {"f:spec": fields}}},
        **more,
    }


def conflicts(given: Written, own: str = "") -> list[str]:
    return [finding.message for finding in next_deploy.conflicts([given], own)]


def test_field_that_a_server_side_apply_owns_and_the_rollback_changes_is_a_conflict() -> None:
    (finding,) = next_deploy.conflicts(
        [written(template("v3"), template("v2"), manager("ci", IMAGE))]
    )
    assert (finding.level, finding.code) == ("note", "apply-conflict")
    assert (
        "by ci" in finding.message
        and "spec.containers[web].image of deployment/web" in finding.message
    )
    assert "--force-conflicts --field-manager=ci" in finding.fix


def test_what_nobody_applies_or_nothing_changes_is_no_conflict() -> None:
    before, after = template("v3"), template("v2")
    assert conflicts(written(before, after, manager("kubectl-set", IMAGE, "Update"))) == []
    assert conflicts(written(before, before, manager("ci", IMAGE))) == []
    assert conflicts(written(before, {"spec": {}}, manager("ci", IMAGE))) == [], (
        "gone with its owner"
    )
    assert conflicts(written(before, after, manager("ci", IMAGE, subresource="status"))) == []
    assert conflicts(written(before, after, manager("helm", IMAGE)), "helm") == []
    assert conflicts(written(before, after, manager("argocd-controller", IMAGE))) == [], "it forces"


def test_entries_are_found_by_all_their_keys() -> None:
    fields = {"f:containers": {'k:{"name":"web"}': {"f:ports": PORT}}}
    before = template("v3", ports=[{"containerPort": 80, "name": "web", "protocol": "TCP"}])
    after = template("v3", ports=[{"containerPort": 80, "name": "http"}])
    (message,) = conflicts(written(before, after, manager("ci", fields)))
    assert "spec.containers[web].ports[80].name" in message


def kept(given: Written) -> list[str]:
    return [finding.message for finding in next_deploy.kept([given], "shop", "revision 2")]


def test_variable_that_comes_back_and_was_not_applied_last_is_kept_by_the_next_apply() -> None:
    given = written(template("v3", "NEW"), template("v2", "OLD"), applied=template("v3", "NEW"))
    (finding,) = next_deploy.kept([given], "shop", "revision 2")
    assert (finding.level, finding.code) == ("note", "apply-keeps")
    assert "spec.containers[web].env[OLD]" in finding.message and "s3cret" not in str(finding)
    assert (
        "kubectl -n shop apply set-last-applied -f FILE" in finding.fix
        and "revision 2" in finding.fix
    )


def test_lists_that_a_server_leaves_out_when_they_are_empty_count_as_empty() -> None:
    before, applied = template("v3"), template("v3")
    del before["spec"]["containers"][0]["env"]
    (message,) = kept(written(before, template("v2", "OLD"), applied=applied))
    assert "spec.containers[web].env[OLD]" in message
    del applied["spec"]["containers"][0]["env"]
    (message,) = kept(
        written(before, template("v2", "OLD", nodeSelector={"a": "b"}), applied=applied)
    )
    assert "env[OLD]" in message and "nodeSelector.a" in message


def test_whole_container_is_named_once() -> None:
    after = template("v2")
    after["spec"]["containers"].append({"name": "sidecar", "image": "log", "env": [{"name": "X"}]})
    (message,) = kept(written(template("v3"), after, applied=template("v3")))
    assert "keeps spec.containers[sidecar]:" in message


def test_what_the_applied_manifest_names_the_live_template_has_or_a_server_added_is_not_reported() -> (
    None
):
    assert kept(written(template("v3"), template("v2", "OLD"), applied=template("v2", "OLD"))) == []
    assert kept(written(template("v3", "OLD"), template("v2", "OLD"), applied=template("v3"))) == []
    defaults = {"terminationMessagePath": "/dev/termination-log"}
    assert (
        kept(
            written(template("v3", **defaults), template("v2", **defaults), applied=template("v3"))
        )
        == []
    )
    assert kept(written(template("v3"), template("v2", "OLD"))) == [], (
        "nothing was applied by a client"
    )


def test_a_damaged_annotation_says_nothing() -> None:
    given = written(template("v3"), template("v2", "OLD"), applied=template("v3"))
    for text in ("{", "[]", '"x"', '{"spec": 3}'):
        given.live["metadata"]["annotations"][
            "kubectl.kubernetes.io/last-applied-configuration"
        ] = text
        assert kept(given) == []


def test_many_workloads_are_one_line() -> None:
    many = [
        written(
            template("v3"),
            template("v2", "OLD"),
            manager("ci", IMAGE),
            applied=template("v3"),
            key=f"deployment/w{number}",
        )
        for number in range(20)
    ]
    (conflict,) = next_deploy.conflicts(many)
    (entry,) = next_deploy.kept(many, "shop", "revision 2")
    assert len(conflict.message) < 260 and len(entry.message) < 260
    assert "19 more" in entry.message
