"""Kubernetes: what counts as proof of a rollout, what is told of pods, and which commands change many workloads at once."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace
from typing import Any

import pytest

from rollback.model import Command, Move, Release, Target
from rollback.platforms import kubernetes
from rollback.platforms.kubernetes import checkpoint, endpoints, history, kubectl, pods, waves
from rollback.platforms.kubernetes.preflight import siblings, state
from rollback.platforms.kubernetes.revisions import Revision
from rollback.platforms.kubernetes.workloads import Workload, facts
from rollback.shell import Answer

PLACE = {
    "context": "test",
    "namespace": "shop",
    "identity": ["kube-system", "uid-cluster"],
    "salt": "5a17",
    "options": ["no-cluster-lock"],
}


def template(image: str = "shop:v2", name: str = "web") -> dict[str, Any]:
    return {
        "metadata": {"labels": {"app": name, "tier": "front"}},
        "spec": {"containers": [{"name": "web", "image": image}]},
    }


def deployment(name: str = "web", image: str = "shop:v2", **annotations: str) -> Workload:
    meta = {"name": name, "uid": f"uid-{name}", "generation": 1, "annotations": annotations}
    return Workload(
        "deployment",
        {
            "metadata": meta,
            "spec": {"replicas": 1, "template": template(image, name), "selector": {}},
            "status": {},
        },
    )


def move(name: str = "web", order: str = "0", seen: history.Look | None = None) -> Move:
    workload = deployment(name, **{"argocd.argoproj.io/sync-wave": order})
    target = Target(
        "staging",
        "kubernetes",
        name,
        "uid/shop",
        False,
        {**PLACE, "application": name, **facts(workload)},
    )
    releases = []
    for number, image in ((1, "v1"), (2, "v2")):
        revision = Revision(
            number,
            image,
            f"{name}-{image}",
            "2026-11-20T10:00:00Z",
            template(f"shop:{image}", name),
        )
        releases.append(
            Release(str(number), facts={"workload": workload, "revision": revision, "seen": seen})
        )
    return Move(target, releases[1], releases[0])


def pod(name: str, image_id: str = "", image: str = "shop:v2") -> dict[str, Any]:
    status = [{"name": "web", "image": image, "imageID": image_id, "ready": True}]
    return {
        "metadata": {"name": name},
        "status": {
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": status,
        },
    }


class Replies:
    """A shell that answers `get --raw` by path."""

    def __init__(self, **found: Any) -> None:
        self.served: dict[str, Any] = {}
        self._found = found

    def ask_all(self, commands: list[Command]) -> list[Answer]:
        last = [command.argv[-1].rpartition("/")[2] for command in commands]
        return [
            Answer((0, json.dumps({"items": self._found[kind]}), ""))
            if kind in self._found
            else Answer((1, "", "Forbidden"))
            for kind in last
        ]


def service(name: str, **selector: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"selector": selector}}


def endpoint_slice(service: str, **pods: bool) -> dict[str, Any]:
    ends = [
        {"targetRef": {"name": name.replace("_", "-")}, "conditions": {"ready": ready}}
        for name, ready in pods.items()
    ]
    return {"metadata": {"labels": {"kubernetes.io/service-name": service}}, "endpoints": ends}


def unserved(slices: list[Any], *services: dict[str, Any]) -> str:
    known = endpoints.read(Replies(services=list(services), endpointslices=slices), PLACE)  # type: ignore[arg-type]
    return endpoints.unserved(deployment(), [pod("web-a"), pod("web-b")], known)


def test_a_service_that_sends_to_none_of_the_pods_is_named() -> None:
    assert "Service web sends to none" in unserved(
        [endpoint_slice("web", web_a=False, web_old=True)], service("web", app="web")
    )


def test_one_ready_pod_behind_the_service_is_enough_and_other_services_do_not_matter() -> None:
    slices = [endpoint_slice("web", web_old=True), endpoint_slice("web", web_b=True)]
    assert (
        unserved(
            slices,
            service("web", app="web", tier="front"),
            service("other", app="other"),
            service("half", app="web", tier="back"),
        )
        == ""
    )


def test_where_services_may_not_be_read_nothing_is_said() -> None:
    assert endpoints.unserved(deployment(), [pod("a")], endpoints.read(Replies(), PLACE)) == ""  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("image", "ids", "said"),
    [
        ("shop:v2", ("shop@sha256:aa", "shop@sha256:bb"), "its tag was moved"),
        ("shop:v2", ("shop@sha256:aa", "shop@sha256:aa"), ""),
        ("shop:v2", ("sha256:config", "sha256:other"), ""),
        ("shop@sha256:aa", ("shop@sha256:bb", "shop@sha256:bb"), "the template names sha256:aa"),
    ],
)
def test_other_bytes_than_asked_for_are_told(image: str, ids: tuple[str, str], said: str) -> None:
    found = pods.other_bytes(deployment(image=image), [pod("a", ids[0]), pod("b", ids[1])])
    assert (said in found) if said else found == ""


class Pages(Replies):
    """A list in three pages, each naming the next."""

    asked: tuple[str, ...] = ()

    def ask_all(self, commands: list[Command]) -> list[Answer]:
        (path,) = (command.argv[-1] for command in commands)
        self.asked += (path,)
        number = len(self.asked)
        meta = {"name": f"web-{number}", "managedFields": [{"manager": "kubelet"}]}
        found = {"metadata": meta, "spec": {"nodeName": "a"}, "status": {"phase": "Running"}}
        page = {
            "metadata": {"continue": f"page{number + 1}"} if number < 3 else {},
            "items": [found],
        }
        return [Answer((0, json.dumps(page), ""))]


def test_a_long_list_is_read_page_by_page_and_only_what_is_needed_is_kept() -> None:
    pages = Pages()
    (found,) = kubectl.items(pages, PLACE, "/api/v1/namespaces/shop/pods")  # type: ignore[arg-type]
    assert [path.partition("continue=")[2] for path in pages.asked] == ["", "page2", "page3"]
    assert all("?limit=" in path for path in pages.asked)
    assert found == [
        {"metadata": {"name": f"web-{number}"}, "status": {"phase": "Running"}}
        for number in (1, 2, 3)
    ]


def test_what_runs_the_same_image_without_a_history_is_named_as_left_alone() -> None:
    cron = {
        "metadata": {"name": "nightly"},
        "spec": {"jobTemplate": {"spec": {"template": template()}}},
    }
    job = {
        "metadata": {"name": "import"},
        "spec": {"template": template()},
        "status": {"active": 1},
    }
    of_cron = {**job, "metadata": {"name": "nightly-1", "ownerReferences": [{"kind": "CronJob"}]}}
    other = {**job, "metadata": {"name": "other"}, "spec": {"template": template("shop:v1")}}
    look = history.Look(
        {}, {}, {}, [], [("pod", pod("debug")), ("pod", pod("old", image="shop:v1"))]
    )
    (found,) = siblings.findings(
        [move(seen=look)], Replies(cronjobs=[cron], jobs=[job, of_cron, other])
    )  # type: ignore[arg-type]
    assert (found.level, found.code) == ("note", "not-rolled-back")
    assert found.message.endswith("they run shop:v2, too: cronjob/nightly, job/import, pod/debug")


def test_few_workloads_are_steps_of_their_own_and_many_are_one() -> None:
    assert [step.id for step in kubernetes.steps([move("a"), move("b")])] == [
        "deployment.a",
        "deployment.b",
    ]
    (together,) = kubernetes.steps([move(name) for name in "abcde"])
    assert (together.id, together.moves, together.apart) == ("wave.0", (0, 1, 2, 3, 4), True)


def test_marked_waves_come_in_their_order_each_after_the_pods_of_the_one_before() -> None:
    moves = [move("a", "5"), move("b", "-1"), move("c"), move("d", "nonsense")]
    found = kubernetes.steps(moves)
    assert [step.id for step in found] == [
        "deployment.b",
        "wave.0.settled",
        "deployment.c",
        "deployment.d",
        "wave.1.settled",
        "deployment.a",
    ]
    assert [step.wave for step in found] == sorted(step.wave for step in found), (
        "a later wave starts only when the one before held"
    )
    assert {f"wave-{number}.settled" for number in range(3)} <= set(waves.payloads(moves))


def test_every_file_that_a_step_names_is_part_of_the_checkpoint_and_entries_are_lines() -> None:
    moves = [move(name, order) for name, order in zip("abcdef", "001122", strict=True)]
    files = checkpoint.snapshot(moves, SimpleNamespace())  # type: ignore[arg-type]
    words = str([*kubernetes.steps(moves), *kubernetes.guards(moves)])
    assert all(name in files for name in re.findall(r"state/([a-z0-9-]+\.[a-z.]+)", words))
    parts = ("jsonpath", "settled", "patch.json", "patch.live.json", "undo.json", "undo.live.json")
    assert all(
        f"'state/wave-{number}'" in words and f"wave-{number}.{part}" in files
        for number in range(3)
        for part in parts
    )
    patches = files["wave-1.patch.json"].splitlines()
    assert (
        list(json.loads(files["wave-1.patch.json"])) == ["deployment/c", "deployment/d"]
        and len(patches) == 4
    )
    assert json.loads(files["wave-1.patch.json"])["deployment/c"][2]["value"] == template(
        "shop:v1", "c"
    )
    assert "shop:v1" not in words, "a template's values stay out of the plan"


def test_a_literal_secret_is_told_by_its_name_and_left_out_of_the_copy_of_the_live_object() -> None:
    one = move()
    raw = one.current.facts["workload"].raw
    env = [
        {"name": "DB_PASSWORD", "value": "hunter2"},
        {"name": "MODE", "value": "fast"},
        {"name": "API_TOKEN", "valueFrom": {"secretKeyRef": {}}},
    ]
    raw["spec"]["template"]["spec"]["containers"][0]["env"] = env
    raw["metadata"]["annotations"] = {
        "kubectl.kubernetes.io/last-applied-configuration": "hunter2",
        "team": "shop",
    }
    (found,) = [one for one in state.findings(one) if one.code == "inline-values"]
    assert "DB_PASSWORD" in found.message and not {"hunter2", "MODE", "API_TOKEN"} & set(
        found.message.replace(",", "").split()
    )
    copy = checkpoint.snapshot([one], SimpleNamespace())["deployment.web.live.json"]  # type: ignore[arg-type]
    assert "hunter2" not in copy and "fast" not in copy
    assert json.loads(copy)["metadata"]["annotations"] == {"team": "shop"}
    assert one.current.facts["workload"].template["spec"]["containers"][0]["env"] == env, (
        "what the patches test stays as it was seen"
    )
