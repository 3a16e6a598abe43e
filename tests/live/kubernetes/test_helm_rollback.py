"""Helm on the real cluster: which revision is gone back to, the proof, and the way back. What differs between 3 and 4 runs with both."""

from __future__ import annotations

from collections.abc import Callable

from cluster import Namespace, shop
from helm_shop import Helm, config, hook, web
from skill import Project

Releases = Callable[..., Project]


def test_two_failed_upgrades_are_skipped_and_the_way_back_works(
    both: Helm, releases: Releases, space: Namespace
) -> None:
    project = releases(both)
    both.deploy(web("v1"))
    both.deploy(web("v2"), config(kind="Secret", token="hunter2"), wait=True)
    both.deploy(web("v3", progressDeadlineSeconds=5), config("more"), wait=True, good=False)
    both.deploy(web("v4", progressDeadlineSeconds=5), config("more"), wait=True, good=False)
    config_keys = {
        (row["key"], row["change"], row["restored"])
        for row in project.plan("previous", "--full")["config"]
    }
    assert config_keys >= {("Secret/settings: token", "added", True)}
    plan = project.plan()
    move = plan["moves"][0]
    assert (move["current"]["id"], move["to"]["id"], move["to"]["version"], move["bare"]) == (
        "4",
        "2",
        "v2",
        "3",
    )
    assert [(one["release"], one["code"]) for one in move["skipped"]] == [("3", "failed")]
    assert "deletes" in plan.codes and "ConfigMap/more" in plan.text
    done = project.execute(plan)
    assert (done.exit, done["outcome"], done["targets"][0]["state"]) == (0, "done", "rolled-back")
    assert (both.newest(), space.serving()) == ((5, "deployed"), {"v2"})
    back = project.restore(plan)
    assert (back["outcome"], back["targets"][0]["state"]) == ("restored", "restored")
    assert space.image("deployment/web") == "v4"
    files = [file.read_text() for file in (project.root / plan["run"]).rglob("*") if file.is_file()]
    assert not any("hunter2" in text or "aHVudGVyMg" in text for text in files), (
        "a Secret's value was written"
    )


def test_a_release_that_helm_calls_deployed_and_whose_pods_never_served_is_skipped(
    helm: Helm, releases: Releases, space: Namespace
) -> None:
    """Without --wait Helm looks at no pod: `helm rollback` goes to the first bad one and says it was a success."""
    helm.deploy(web("v1"), wait=True)
    helm.deploy(web("v3"))
    space.begun("v3")
    helm.deploy(web("v4"))
    space.begun("v4")
    plan = releases(helm).plan()
    move = plan["moves"][0]
    assert (move["to"]["id"], move["bare"]) == ("1", "2")
    assert [(one["release"], one["code"]) for one in move["skipped"]] == [
        ("2", "unhealthy-evidence")
    ]


def test_after_a_rollback_previous_never_means_the_bad_one(helm: Helm, releases: Releases) -> None:
    """Numbers only grow: the release gone back to is a new revision with old content."""
    project = releases(helm)
    helm.deploy(config(a="1"))
    helm.deploy(config(a="2"))
    assert (
        project.execute(project.plan()).exit == 11
    )  # proven, but there is no workload whose health could be asked for
    assert helm.newest() == (3, "deployed")
    ledger = project.root / ".claude/deployment-rollback/ledger.jsonl"
    ledger.unlink()  # Helm's own records have to do
    helm.deploy(config(a="4"))
    move = project.plan()["moves"][0]
    assert (move["to"]["id"], move["skipped"]) == ("3", [])
    helm("rollback", "shop", "3")
    plan = project.plan()
    assert (plan.exit, plan["verdict"]) == (3, "nothing"), (
        "what is left is the same content, or was left by a rollback"
    )


def test_history_that_was_trimmed_is_not_offered_and_nothing_is_trimmed_by_a_rollback(
    both: Helm, releases: Releases
) -> None:
    project = releases(both)
    for number in range(1, 5):
        both.write(config(a=str(number)))
        both("upgrade", "--install", "shop", str(both.chart), "--history-max=3")
    plan = project.plan("2")
    assert (plan["verdict"], project.plan("1").error) == ("ready", "unknown-release")
    assert project.execute(plan).exit == 11
    assert [number for number, _, _ in both.history()] == [2, 3, 4, 5]
    assert project.restore(plan)["outcome"] == "restored"
    assert both.history()[-1] == (6, "deployed", "Rollback to 4")


def test_a_history_kept_in_configmaps_leads_back_and_forth(
    helm4: Helm, releases: Releases, space: Namespace
) -> None:
    helm4.environment["HELM_DRIVER"] = "configmap"
    helm4.deploy(web("v1"), wait=True)
    helm4.deploy(web("v2"), wait=True)
    project = releases(helm4)
    plan = project.plan()
    assert (project.execute(plan).exit, space.serving(), helm4.newest()) == (
        0,
        {"v1"},
        (3, "deployed"),
    )
    assert (project.restore(plan)["outcome"], space.image("deployment/web"), helm4.newest()) == (
        "restored",
        "v2",
        (4, "deployed"),
    )
    kept = [
        space("get", kind, "--selector=owner=helm", "--output=name").split()
        for kind in ("configmaps", "secrets")
    ]
    assert [len(names) for names in kept] == [4, 0]


def test_a_hook_that_only_the_way_back_runs_is_told_and_runs_then(
    helm: Helm, releases: Releases, space: Namespace
) -> None:
    helm.deploy(config(a="1"))
    helm.deploy(config(a="2"), hook("pre-rollback", name="migrate"))
    project = releases(helm)
    plan = project.plan()
    assert {"hooks", "hooks-restore"} & set(plan.codes) == {"hooks-restore"}
    assert (project.execute(plan).exit, space("get", "jobs", "--output=name")) == (11, "")
    assert (project.restore(plan)["outcome"], space("get", "jobs", "--output=name").strip()) == (
        "restored",
        "job.batch/migrate",
    )


def test_what_was_changed_by_hand_is_told_and_overwritten(
    both: Helm, releases: Releases, space: Namespace
) -> None:
    """Helm 3 overwrites it without a word, Helm 4 alone stops with a conflict."""
    project = releases(both)
    both.deploy(web("v1"), wait=True)
    both.deploy(web("v2"), wait=True)
    space("set", "image", "deployment/web", "web=localhost/shop:v3")
    plan = project.plan()
    told = next(one["message"] for one in plan["findings"] if one["code"] == "drift")
    assert (
        "Deployment/web spec.template.spec.containers[web].image (localhost/shop:v3, not localhost/shop:v2)"
        in told
    )
    assert (plan["verdict"], project.execute(plan).exit) == ("ready", 0)
    assert space.serving() == {"v1"}


def test_edits_by_hand_since_the_plan_stop_it_where_they_are_of_a_pod_template(
    helm: Helm, releases: Releases, space: Namespace
) -> None:
    """What the plan has not shown is not overwritten; a scaled or annotated workload goes on."""
    project = releases(helm)
    helm.deploy(web("v1"), shop("StatefulSet", "store", 1), wait=True)
    helm.deploy(web("v2"), shop("StatefulSet", "store", 1, "v2"), wait=True)
    plan = project.plan()
    space("set", "image", "statefulset/store", "web=localhost/shop:v5")
    stopped = project.execute(plan)
    assert (stopped.exit, stopped.error, helm.newest()) == (10, "drifted", (2, "deployed"))
    space("set", "env", "deployment/web", "EDITED=yes")
    again = project.plan()
    assert (again["verdict"], {"drift", "drift-stays"} <= set(again.codes)) == ("ready", True)
    space("scale", "deployment/web", "--replicas=2")
    space("annotate", "deployment/web", "seen=yes")
    assert (
        project.execute(again).exit,
        space.image("deployment/web"),
        space.image("statefulset/store"),
    ) == (0, "v1", "v1")
    assert "EDITED" in space(
        "get", "deployment/web", "-o", "jsonpath={.spec.template.spec.containers[0].env}"
    ), "as the plan said"
    assert (project.restore(again)["outcome"], space.image("statefulset/store")) == (
        "restored",
        "v2",
    )


def test_a_gap_in_service_is_told_by_the_strategy_that_the_target_will_have(
    helm: Helm, releases: Releases
) -> None:
    """Helm takes the live strategy away where only the newer chart names it, and brings back the older one's."""
    project = releases(helm)
    helm.deploy(web("v1"), wait=True)
    helm.deploy(web("v2", strategy={"type": "Recreate"}), wait=True)
    assert "downtime" not in project.plan().codes
    helm.deploy(web("v5"), wait=True)
    assert "deployment/web: strategy Recreate" in str(
        [one for one in project.plan()["findings"] if one["code"] == "downtime"]
    )


def test_releases_go_back_in_the_order_of_the_settings_and_stop_after_the_first_that_fails(
    helm: Helm, releases: Releases
) -> None:
    for name, command in (("api", "exit 1"), ("jobs", "exit 0")):
        helm.deploy(
            config(name, a="1"), hook("pre-rollback", command=command, name=name), release=name
        )
        helm.deploy(config(name, a="2"), release=name)
    project = releases(helm, "api", "jobs")
    done = project.execute(project.plan())
    assert (done.exit, [one["state"] for one in done["targets"]]) == (5, ["failed", "unchanged"])
    assert (helm.newest("api"), helm.newest("jobs")) == ((3, "pending-rollback"), (2, "deployed"))
