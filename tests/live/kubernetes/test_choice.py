"""Where a Deployment is rolled back to, against what `kubectl rollout undo` would have done."""

from __future__ import annotations

from cluster import Namespace
from skill import Project


def test_of_two_bad_releases_in_a_row_neither_is_chosen(web: Namespace, project: Project) -> None:
    """`rollout undo` goes to the first bad one."""
    web.deploy("web", "v2")
    web.deploy("web", "v3", good=False)
    web.deploy("web", "v4", good=False)
    plan = project.plan()
    move = plan["moves"][0]
    assert (move["to"]["version"], move["bare"]) == ("v2", "3")
    assert [(one["release"], one["code"]) for one in move["skipped"]] == [
        ("3", "unhealthy-evidence")
    ]
    assert "only-the-one-before" not in plan.codes, "its pods are ready now"
    done = project.execute(plan)
    assert (done.exit, done["outcome"], done["targets"][0]["state"]) == (0, "done", "rolled-back")
    assert (web.image("deployment/web"), web.serving()) == ("v2", {"v2"})
    assert done["health"]["verdict"] == "healthy"
    web("rollout", "undo", "deployment/web", "--to-revision=4")
    web.begun("v4")


def test_after_an_earlier_rollback_the_release_rolled_back_from_is_not_chosen_again(
    web: Namespace, project: Project
) -> None:
    """Two bare undos toggle; and the numbers have moved."""
    web.deploy("web", "v2")
    web.deploy("web", "v5")
    web("rollout", "undo", "deployment/web")
    web.settled("deployment/web")
    assert web.image("deployment/web") == "v2"
    plan = project.plan()
    move = plan["moves"][0]
    assert (move["current"]["id"], move["to"]["id"], move["to"]["version"], move["bare"]) == (
        "4",
        "1",
        "v1",
        "3",
    )
    assert [(one["release"], one["code"]) for one in move["skipped"]] == [("3", "rolled-back-from")]
    plan = project.plan("v2")
    assert (plan.exit, plan["verdict"], plan["moves"], plan.codes) == (
        0,
        "already",
        [],
        ["already-at-target"],
    ), "what serves already is said and nothing else"


def test_a_revision_is_found_by_the_number_it_had_before(web: Namespace, project: Project) -> None:
    web.deploy("web", "v2")
    web("rollout", "undo", "deployment/web")
    web.settled("deployment/web")
    web.deploy("web", "v5")
    plan = project.plan("1")
    assert plan["moves"][0]["to"]["id"] == "3"


def test_a_restart_is_no_release_to_go_back_to(web: Namespace, project: Project) -> None:
    web.deploy("web", "v2")
    web("rollout", "restart", "deployment/web")
    web.settled("deployment/web")
    plan = project.plan()
    assert plan["moves"][0]["to"]["version"] == "v1"
    assert plan["moves"][0]["skipped"][0]["code"] == "same-content"


def test_without_history_there_is_nothing_to_roll_back_to(web: Namespace, project: Project) -> None:
    web("patch", "deployment", "web", "-p", '{"spec": {"revisionHistoryLimit": 0}}')
    web.deploy("web", "v2")
    plan = project.plan()
    assert (plan.exit, plan["verdict"]) == (3, "nothing")
    assert "no-older-revision" in plan.codes
