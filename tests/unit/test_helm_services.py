"""Services, pods and field managers of a Helm release: the chart's own as the rollback leaves them."""

from __future__ import annotations

import json
from typing import Any

from helm_records import comparison, kind

from rollback.model import Command
from rollback.platforms.helm.manifest import objects
from rollback.platforms.helm.preflight import next_deploy, pods, services
from rollback.shell import Answer


def deployment(version: str, **spec: Any) -> str:
    labels = {"app": "web", "version": version}
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "web", "image": version}], **spec},
    }
    return kind(
        "Deployment",
        "web",
        "apps/v1",
        spec={"selector": {"matchLabels": {"app": "web"}}, "template": template},
    )


def service(name: str = "web", **selector: str) -> str:
    return kind(
        "Service",
        name,
        "v1",
        spec={"selector": {"app": "web", **selector}, "ports": [{"port": 80}]},
    )


class Live:
    """The Services of these manifests, and no pods; a dry run of a pod is refused with `refusal`."""

    def __init__(self, *manifests: str, refusal: str = "") -> None:
        self.services = [raw for text in manifests for raw in objects(text, "shop").values()]
        self.refusal, self.served = refusal, dict[str, Any]()

    def ask_all(self, commands: list[Command]) -> list[Answer]:
        return [self.answer(command) for command in commands]

    def answer(self, command: Command) -> Answer:
        if "create" in command.argv:
            return Answer((int(bool(self.refusal)), "", self.refusal))
        found = self.services if command.argv[-1].endswith("/services") else []
        return Answer((0, json.dumps({"items": found}), ""))


def found(before: str, after: str, cluster: Live) -> list[tuple[str, str]]:
    compared = comparison(before, after)
    live = dict(compared.before)
    return [(each.level, each.code) for each in services.findings(compared, live, cluster)]  # type: ignore[arg-type]


def test_the_service_of_the_chart_goes_back_and_one_beside_it_does_not() -> None:
    before, after = (deployment(each) + service(version=each) for each in ("v3", "v2"))
    own, beside = service(version="v3"), service("beside", version="v3")
    assert found(before, after, Live(own)) == []
    assert found(before, after, Live(own, beside)) == [("blocker", "service-selector")]


def test_a_service_of_the_target_that_its_pods_do_not_match_blocks() -> None:
    before = deployment("v3") + service(version="v3")
    assert found(before, deployment("v2") + service(version="v3"), Live(service(version="v3"))) == [
        ("blocker", "service-selector")
    ]


def test_a_service_of_a_workload_that_helm_deletes_is_deleted_with_it_or_blocks() -> None:
    before = deployment("v3") + service()
    assert found(before, kind("ConfigMap"), Live(service())) == []
    assert found(before, kind("ConfigMap"), Live(service(), service("beside"))) == [
        ("blocker", "service-selector")
    ]


def test_a_workload_that_the_rollback_brings_back_is_behind_the_service_of_its_release() -> None:
    renamed = deployment("v3").replace("web", "store")
    before, after = renamed + service(app="store"), deployment("v2") + service()
    compared = comparison(before, after)
    live = dict(compared.before)
    cluster = Live(service(app="store"))
    assert list(services.findings(compared, live, cluster)) == []  # type: ignore[arg-type]
    without = comparison(before, service())
    (finding,) = services.findings(without, live, cluster)  # type: ignore[arg-type]
    assert (finding.level, finding.code) == ("blocker", "service-selector")


def test_services_that_may_not_be_read_are_a_note() -> None:
    class Refused(Live):
        def answer(self, command: Command) -> Answer:
            return Answer((1, "", "Forbidden"))

    assert found(deployment("v3"), deployment("v2"), Refused()) == [("note", "services-unknown")]


def test_an_account_of_the_target_manifest_is_not_missing() -> None:
    refusal = 'Error from server (Forbidden): pods "web-" is forbidden: error looking up service account shop/web: serviceaccount "web" not found'
    after = deployment("v2", serviceAccountName="web")
    for manifest, refusals in ((after, 1), (after + kind("ServiceAccount", "web", "v1"), 0)):
        compared = comparison(deployment("v3"), manifest)
        (result,) = pods.ask(compared, dict(compared.before), Live(refusal=refusal))  # type: ignore[arg-type]
        assert len(set(result.refusals)) == refusals


def test_another_manager_that_applies_what_helm_changes_is_named() -> None:
    compared = comparison(deployment("v3"), deployment("v2"))
    fields = {
        "f:spec": {
            "f:template": {"f:spec": {"f:containers": {'k:{"name":"web"}': {"f:image": {}}}}}
        }
    }
    for name, count in (("helm", 0), ("ci", 1)):
        entry = {"manager": name, "operation": "Apply", "fieldsV1": fields}
        live = {
            key: {**raw, "metadata": {**raw["metadata"], "managedFields": [entry]}}
            for key, raw in compared.before.items()
        }
        assert len(list(next_deploy.findings(compared, live))) == count
