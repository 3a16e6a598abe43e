"""What a rollback of a release waits for: pods that it replaces and Jobs that it creates, and what it leaves to Helm."""

from __future__ import annotations

from typing import Any

import pytest
from helm_records import comparison, kind, move, named, revision

from rollback.model import Move
from rollback.platforms import helm
from rollback.platforms.helm import rollout
from rollback.platforms.helm.preflight import hooks


def deployment(image: str, name: str = "web", **meta: Any) -> str:
    pods = {"spec": {"containers": [{"name": "app", "image": image}]}}
    return kind("Deployment", name, "apps/v1", spec={"template": pods}, metadata=meta)


def job(name: str) -> str:
    return kind("Job", name, "batch/v1", spec={})


def service(type: str = "ClusterIP") -> str:
    return kind("Service", "web", spec={"type": type})


def moved(before: str, after: str, status: str = "deployed", **target: Any) -> Move:
    return move(revision(2, before, status=status), revision(1, after, **target))


def awaited(made: Move) -> str:
    step = rollout.step(made)
    assert bool(rollout.text(made)) is (step is not None)
    return named_of(step.do.argv[1:])["workloads"] if step else ""


def named_of(words: Any) -> dict[str, str]:
    from rollback.model import Command

    return named(Command(tuple(words)))


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        (deployment("v2"), deployment("v1"), "web web"),
        (deployment("v2") + deployment("v1", "api"), deployment("v1") + deployment("v1", "api"), "web web"),
        (deployment("v2") + deployment("v2", "api"), deployment("v1") + deployment("v1", "api"), "web api"),
        (deployment("v1"), deployment("v1", labels={"helm.sh/chart": "shop-1"}), ""),
        (kind("ConfigMap"), deployment("v1"), "web web"),
        (deployment("v1"), kind("ConfigMap"), ""),
    ],
    ids=["changed", "one of two", "both", "only labels", "new", "deleted"],
)  # fmt: skip
def test_only_pods_that_the_rollback_replaces_are_waited_for(
    before: str, after: str, names: str
) -> None:
    wanted = " ".join(f"shop/deployment.apps/{name}" for name in names.split())
    assert awaited(moved(before, after)) == wanted


def test_an_upgrade_that_failed_may_have_left_any_pod() -> None:
    same = deployment("v1")
    assert awaited(moved(same, same, "failed")) == " ".join(["shop/deployment.apps/web"] * 2)


def test_a_job_that_the_rollback_creates_is_waited_for_and_another_is_not() -> None:
    before, after = job("seed") + job("migrate-2"), job("seed") + job("migrate-1")
    assert awaited(moved(before, after)) == " ".join(["shop/job.batch/migrate-1"] * 2)


def test_the_wait_is_the_last_step_and_has_no_undo() -> None:
    made = moved(deployment("v2") + kind("ConfigMap", "new"), deployment("v1"))
    steps = helm.steps([made])
    assert [step.id for step in steps] == [
        f"app.web.{name}" for name in ("rollback", "orphans", "rollout")
    ]
    wait = steps[-1]
    assert (wait.undo, wait.moves, wait.proof and wait.proof.expect) == (None, ("app.web",), "..")
    assert "web.rollouts" in helm.snapshot([made], None)  # type: ignore[arg-type]


def hook(event: str) -> dict[str, Any]:
    return {"kind": "Job", "name": "hook", "events": [event], "manifest": ""}


@pytest.mark.parametrize(
    ("event", "manifest", "version", "option"),
    [
        ("post-rollback", deployment("v1"), "v3.19.0", "--wait"),
        ("pre-rollback", deployment("v1"), "v3.19.0", ""),
        ("pre-rollback", deployment("v1"), "v4.0.1", "--wait=legacy"),
        ("post-rollback", deployment("v1") + service("LoadBalancer"), "v3.19.0", ""),
        ("post-rollback", deployment("v1") + kind("PersistentVolumeClaim"), "v4.0.1", ""),
        ("post-upgrade", deployment("v1"), "v4.0.1", ""),
    ],
)
def test_helm_itself_waits_only_for_a_hook_that_needs_it(
    event: str, manifest: str, version: str, option: str
) -> None:
    source, target = (
        revision(2, deployment("v2"), status="deployed"),
        revision(1, manifest, hooks=(hook(event),)),
    )
    options = named(helm.steps([move(source, target, helm=version)])[0].do)["options"].split()
    assert [word for word in options if word.startswith("--wait")] == [option] * bool(option)


def test_jobs_that_run_again_are_reported_like_hooks() -> None:
    before, after = job("seed") + job("migrate-2"), job("seed") + job("migrate-1")
    seeded = {key: {} for key in comparison(before, after).after if key.name == "seed"}
    found = list(hooks.findings(comparison(before, after), seeded))
    assert [(one.level, one.code) for one in found] == [
        ("warning", "hooks"),
        ("note", "hooks-restore"),
    ]
    assert found[0].message == "jobs run again: Job/migrate-1 of revision 1"
    assert found[1].message == "jobs run again by restore.sh: Job/migrate-2 of revision 2"


def test_a_job_of_both_revisions_that_was_deleted_meanwhile_runs_again() -> None:
    found = list(hooks.findings(comparison(job("seed"), job("seed")), {}))
    assert [one.message for one in found] == ["jobs run again: Job/seed of revision 1"]
