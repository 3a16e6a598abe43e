"""What a server says to one pod of each workload of the target, and what a plan makes of it."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from cluster_moves import SHOP, template

from rollback.model import Command, Finding
from rollback.platforms._cluster.preflight import pod_dry_run, server_warnings
from rollback.platforms._cluster.preflight.pod_dry_run import Candidate
from rollback.shell import Answer

FORBIDDEN = 'Error from server (Forbidden): pods "web-" is forbidden: '
SECURITY = 'violates PodSecurity "restricted:latest": runAsNonRoot != true'
ACCOUNT = 'error looking up service account shop/web: serviceaccount "web" not found'
PRIORITY = "no PriorityClass with name high was found"
WEBHOOK = 'Error from server: admission webhook "policy.example" denied the request: no'
INVALID = 'The Pod "web-x" is invalid: spec.containers[0].resources.requests: Invalid value: "1Gi": must be less'
WARNING = 'Warning: would violate PodSecurity "restricted:latest": runAsNonRoot != true\n'


class Server:
    """Answers each pod by its image; `answers`: image -> what kubectl prints as errors, one after the other."""

    def __init__(self, **answers: list[str]) -> None:
        self.answers, self.pods = answers, list[dict[str, Any]]()

    def ask_all(self, commands: list[Command]) -> list[Answer]:
        (command,) = commands
        assert "/pods?dryRun=All" in command.argv[-3], "never a pod that is really created"
        with open(command.argv[-1], encoding="utf-8") as file:
            pod = json.load(file)
        self.pods.append(pod)
        errors = self.answers.get(pod["spec"]["containers"][0]["image"].rpartition(":")[2], [])
        text = errors.pop(0) if errors else ""
        return [Answer((1 if "Error from" in text or "is invalid" in text else 0, "", text))]


def candidate(
    kind: str = "deployment", image: str = "v1", live: str | None = "v2", **spec: Any
) -> Candidate:
    wanted = template(f"shop:{image}")
    wanted["spec"] |= spec
    raw = {
        "metadata": {"name": "web", "uid": "u"},
        "spec": {"volumeClaimTemplates": [{"metadata": {"name": "data"}}]},
    }
    return Candidate(
        SHOP,
        f"{kind}/web",
        "web",
        f"revision 1 of {kind}/web",
        raw,
        wanted,
        template(f"shop:{live}") if live else None,
    )


def found(
    server: Server, *candidates: Candidate, reported: list[Finding] | None = None
) -> list[tuple[str, str]]:
    results = pod_dry_run.ask(candidates or [candidate()], server)  # type: ignore[arg-type]
    return [(each.level, each.code) for each in pod_dry_run.findings(results, reported or [])]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", []),
        (FORBIDDEN + SECURITY, [("blocker", "pod-refused")]),
        (FORBIDDEN + "maximum memory usage per Container is 100Mi, but limit is 300Mi", [("blocker", "pod-refused")]),
        (FORBIDDEN + "failed quota: q: must specify limits.memory", [("blocker", "pod-refused")]),
        (FORBIDDEN + PRIORITY, [("blocker", "pod-refused")]),
        (WEBHOOK, [("blocker", "pod-refused")]),
        (FORBIDDEN + "exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2", []),
        ('Error from server (Forbidden): pods is forbidden: User "a" cannot create resource "pods" in API group ""', [("note", "pods-untested")]),
        ('Error from server (BadRequest): admission webhook "x" does not support dry run', [("note", "pods-untested")]),
        (INVALID, [("blocker", "pod-refused")]),
        (WARNING, [("note", "pod-security")]),
    ],
)  # fmt: skip
def test_answers_of_the_server_are_told_apart(words: str, expected: list[tuple[str, str]]) -> None:
    assert found(Server(v1=[words])) == expected


def test_a_pod_that_is_as_invalid_as_the_running_one_tells_nothing() -> None:
    assert found(Server(v1=[INVALID], v2=[INVALID])) == [("note", "pods-untested")]
    assert found(Server(v1=[INVALID]), candidate(live=None)) == [("note", "pods-untested")]


def test_a_full_quota_does_not_speak_for_the_pods_that_run() -> None:
    full = FORBIDDEN + "exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2"
    for words in (INVALID, WEBHOOK):
        assert found(Server(v1=[words], v2=[full, full])) == [("blocker", "pod-refused")]


def test_refusal_is_shown_in_the_words_of_the_server() -> None:
    (result,) = pod_dry_run.ask([candidate()], Server(v1=[f"{WARNING}{FORBIDDEN}{SECURITY}\n"]))  # type: ignore[arg-type]
    _, refused = pod_dry_run.findings([result])
    assert SECURITY in refused.message and "revision 1 of deployment/web" in refused.message
    assert "Warning" not in refused.message


def test_policy_that_refuses_pods_of_the_live_release_as_well_proves_nothing() -> None:
    assert found(Server(v1=[WEBHOOK], v2=[WEBHOOK])) == [("warning", "pod-refused")]
    assert found(Server(v1=[FORBIDDEN + SECURITY], v2=[FORBIDDEN + SECURITY])) == [
        ("blocker", "pod-refused")
    ]
    assert found(Server(v1=[WEBHOOK]), candidate(live=None)) == [("blocker", "pod-refused")]


def test_behind_a_missing_account_lies_the_next_refusal() -> None:
    server = Server(v1=[FORBIDDEN + ACCOUNT, FORBIDDEN + PRIORITY, FORBIDDEN + SECURITY])
    wanted = candidate(serviceAccountName="web", priorityClassName="high")
    assert found(server, wanted) == [("blocker", "pod-refused")] * 3
    assert [sorted(pod["spec"]) for pod in server.pods][-1] == ["containers", "volumes"]


def test_account_that_another_check_reports_or_the_rollback_brings_back_is_not_reported() -> None:
    wanted = candidate(serviceAccountName="web")
    missing = Finding(
        "blocker", "reference-missing", "revision 1 needs ServiceAccount web, which does not exist"
    )
    assert found(Server(v1=[FORBIDDEN + ACCOUNT]), wanted, reported=[missing]) == []
    (result,) = pod_dry_run.ask([wanted], Server(v1=[FORBIDDEN + ACCOUNT]))  # type: ignore[arg-type]
    assert (
        list(pod_dry_run.findings([pod_dry_run.without(result, [("ServiceAccount", "web")])])) == []
    )


def test_pod_is_the_one_that_its_controller_would_create() -> None:
    server = Server()
    found(server, candidate("statefulset"))
    (pod,) = server.pods
    assert pod["spec"]["volumes"] == [
        {"name": "data", "persistentVolumeClaim": {"claimName": "data-web-0"}}
    ]
    assert pod["metadata"]["labels"] == {"app": "web", "tier": "front"}
    (owner,) = pod["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["controller"]) == ("StatefulSet", True)


def test_of_many_workloads_a_bounded_number_is_tried_and_the_rest_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = Server()
    assert found(server, *[candidate()] * 1000) == [("note", "pods-untested")]
    assert len(server.pods) == pod_dry_run.MOST
    monkeypatch.delattr(os, "memfd_create")
    assert found(Server()) == [("note", "pods-untested")]


def test_pod_security_warning_of_the_patch_counts_where_no_pod_was_tried() -> None:
    warned = list(server_warnings.findings("deployment/web", server_warnings.of(WARNING)))
    other = Finding("note", "server-warning", "deprecated")
    assert list(server_warnings.of_workloads([*warned, other], untested=False)) == [other]
    assert [
        each.level for each in server_warnings.of_workloads([*warned, other], untested=True)
    ] == ["warning", "note"]
