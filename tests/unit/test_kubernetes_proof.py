"""Kubernetes: what counts as proof of a rollout, what is told of pods, and which commands change many workloads at once."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace
from typing import Any

import pytest
from cluster_moves import SHOP, deployment, move, target, template

from rollback.model import Command
from rollback.platforms import kubernetes
from rollback.platforms._cluster import endpoints, kubectl, pods
from rollback.platforms._cluster.namespace import NamespaceState
from rollback.platforms.kubernetes.details import facts
from rollback.platforms.kubernetes.preflight import siblings, workload
from rollback.platforms.kubernetes.targets import part
from rollback.shell import Answer


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
    known = endpoints.read(Replies(services=list(services), endpointslices=slices), SHOP)  # type: ignore[arg-type]
    problem = endpoints.unserved(deployment(), [pod("web-a"), pod("web-b")], known)
    return problem[1] if problem else ""


def test_a_service_that_sends_to_none_of_the_pods_is_named() -> None:
    assert "Service web sends no traffic to its pods" in unserved(
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
    unread = endpoints.read(Replies(), SHOP)  # type: ignore[arg-type]
    assert endpoints.unserved(deployment(), [pod("a")], unread) is None


@pytest.mark.parametrize(
    ("image", "ids", "said"),
    [
        ("shop:v2", ("shop@sha256:aa", "shop@sha256:bb"), "its tag was moved"),
        ("shop:v2", ("shop@sha256:aa", "shop@sha256:aa"), ""),
        ("shop:v2", ("sha256:config", "sha256:other"), ""),
        ("shop@sha256:aa", ("shop@sha256:bb", "shop@sha256:bb"), "the template names sha256:aa"),
    ],
)
def test_other_image_than_asked_for_are_told(image: str, ids: tuple[str, str], said: str) -> None:
    found = pods.other_image(deployment(image=image), [pod("a", ids[0]), pod("b", ids[1])])
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
    (found,) = kubectl.items(pages, SHOP, "/api/v1/namespaces/shop/pods")  # type: ignore[arg-type]
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
    look = NamespaceState(
        {}, {}, {}, [], [("pod", pod("debug")), ("pod", pod("old", image="shop:v1"))]
    )
    (found,) = siblings.findings(
        [move(state=look)], Replies(cronjobs=[cron], jobs=[job, of_cron, other])
    )  # type: ignore[arg-type]
    assert (found.level, found.code) == ("note", "not-rolled-back")
    assert found.message.endswith("they run shop:v2, too: cronjob/nightly, job/import, pod/debug")


def test_few_workloads_are_steps_of_their_own_and_many_are_one() -> None:
    assert [step.id for step in kubernetes.steps([move("a"), move("b")])] == [
        "app.a.switch",
        "app.b.switch",
    ]
    (together,) = kubernetes.steps([move(name) for name in "abcde"])
    assert (together.id, together.independent) == ("app.wave-0", True)
    assert together.moves == tuple(f"app.{name}" for name in "abcde")


def test_marked_waves_come_in_their_order_each_after_the_pods_of_the_one_before() -> None:
    moves = [move("a", 5), move("b", -1), move("c"), move("d")]
    found = kubernetes.steps(moves)
    assert [step.id for step in found] == [
        "app.b.switch",
        "app.wave-0.pods",
        "app.c.switch",
        "app.d.switch",
        "app.wave-1.pods",
        "app.a.switch",
    ]
    assert [step.wave for step in found] == sorted(step.wave for step in found), (
        "a later wave starts only when the one before held"
    )
    files = kubernetes.snapshot(moves, SimpleNamespace())  # type: ignore[arg-type]
    assert {f"wave-{number}.rollouts" for number in range(3)} <= set(files)


@pytest.mark.parametrize(("mark", "wave"), [("5", 5), ("-1", -1), ("nonsense", 0), ("", 0)])
def test_the_mark_of_a_workload_is_its_wave(mark: str, wave: int) -> None:
    marked = deployment("web", **{"argocd.argoproj.io/sync-wave": mark})
    assert part(target(), marked, "web").details.wave == wave


def test_every_file_that_a_step_names_is_part_of_the_checkpoint() -> None:
    moves = [move(name, wave) for name, wave in zip("abcdef", (0, 0, 1, 1, 2, 2), strict=True)]
    files = kubernetes.snapshot(moves, SimpleNamespace())  # type: ignore[arg-type]
    words = str([*kubernetes.steps(moves), *kubernetes.guards(moves)])
    named = re.findall(r"state/app/([a-z0-9-]+\.[a-z.]+)", words)
    assert named and set(named) <= set(files)
    assert "'state/app/templates'" in words
    for number in range(3):
        stem = f"wave-{number}"
        assert f"'state/app/{stem}'" in words
        parts = ("jsonpath", "before", "after", "workloads", "patch", "undo")
        assert {f"{stem}.{part}" for part in parts} <= set(files)
    assert "shop:v1" not in words, "a template's values stay out of the plan"


def test_a_wave_lists_its_workloads_and_what_their_templates_are_before_and_after() -> None:
    moves = [move(name, wave) for name, wave in zip("abcdef", (0, 0, 1, 1, 2, 2), strict=True)]
    files = kubernetes.snapshot(moves, SimpleNamespace())  # type: ignore[arg-type]
    assert files["wave-1.workloads"].decode().splitlines() == [
        "deployments c",
        "deployments d",
    ]
    before = files["wave-1.before"].decode().splitlines()
    assert [row.partition(" ")[0] for row in before] == ["uid-c", "uid-d"]
    assert json.loads(before[0].partition(" ")[2]) == template("shop:v2", "c")
    after = files["wave-1.after"].decode().splitlines()
    assert json.loads(after[1].partition(" ")[2]) == template("shop:v1", "d")
    patches, undos = (files[f"wave-1.{way}"].decode().splitlines() for way in ("patch", "undo"))
    assert (len(patches), len(undos)) == (2, 2)
    patch, undo = json.loads(patches[0]), json.loads(undos[0])
    assert patch[2]["value"] == template("shop:v1", "c")
    assert (undo[1]["value"], undo[2]["value"]) == (patch[2]["value"], patch[1]["value"])


def test_the_files_of_a_checkpoint_do_not_grow_with_its_workloads() -> None:
    """Thousands of small files cost more than the plan."""

    def files(count: int) -> set[str]:
        moves = [move(f"app-{number}") for number in range(count)]
        return set(kubernetes.snapshot(moves, SimpleNamespace()))  # type: ignore[arg-type]

    assert files(100) == files(5)


def test_a_literal_secret_is_told_by_its_name_and_left_out_of_the_copy_of_the_live_object() -> None:
    one = move()
    raw = facts(one.current).workload.raw
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
    (found,) = workload.findings(one)
    assert found.code == "inline-values"
    assert "DB_PASSWORD" in found.message and not {"hunter2", "MODE", "API_TOKEN"} & set(
        found.message.replace(",", "").split()
    )
    copy = kubernetes.snapshot([one], SimpleNamespace())["deployment.web.live.json"].decode()  # type: ignore[arg-type]
    assert "hunter2" not in copy and "fast" not in copy
    assert json.loads(copy)["metadata"]["annotations"] == {"team": "shop"}
    assert facts(one.current).workload.template["spec"]["containers"][0]["env"] == env, (
        "what the patches test stays as it was seen"
    )
