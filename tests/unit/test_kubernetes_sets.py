"""Kubernetes: what several workloads of one application go back to together, and what one alone has left."""

from __future__ import annotations

import pytest
from test_kubernetes_history import deployment, releases, replicaset

from rollback.flow import choose
from rollback.model import Release
from rollback.platforms import kubernetes
from rollback.platforms._cluster.changes import WorkloadChange
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.preflight import state
from rollback.platforms._cluster.revisions import is_awaited
from rollback.platforms.kubernetes import release_sets
from rollback.platforms.kubernetes.details import SetFacts, facts


def history(name: str, *deployed: tuple[str, str]) -> list[Release]:
    """(tag, time) of each revision, the oldest first; the last is live."""
    objects = [replicaset(number, tag, at, name) for number, (tag, at) in enumerate(deployed, 1)]
    workload = deployment(deployed[-1][0], name)
    workload.raw["status"]["updatedReplicas"] = 1
    workload.meta["creationTimestamp"] = objects[0]["metadata"]["creationTimestamp"]
    return releases(workload, *objects)


def versions(release: Release) -> dict[str, str | None]:
    assert isinstance(release.facts, SetFacts)
    return {app: part.version for app, part in release.facts.parts.items()}


def test_workloads_of_one_application_go_back_to_the_set_with_the_same_version_label() -> None:
    label = "app.kubernetes.io/version"
    parts = {
        name: releases(
            deployment(f"{name}2", name, **{label: "2"}),
            replicaset(1, f"{name}1", "10:00", name, **{label: "1"}),
            replicaset(2, f"{name}2", "12:00", name, **{label: "2"}),
        )
        for name in ("api", "web")
    }
    live, older = release_sets.together(parts)
    assert (live.status, live.version, older.version, older.description) == (
        "live",
        "2",
        "1",
        "linked by version label",
    )
    assert not older.guess


def test_without_a_link_the_set_is_a_guess_for_a_person_to_choose() -> None:
    parts = {
        name: releases(
            deployment("b", name),
            replicaset(1, "a", "10:00", name),
            replicaset(2, "b", "12:00", name),
        )
        for name in ("api", "web")
    }
    assert release_sets.together(parts)[1].guess


def test_a_tag_that_all_of_them_share_links_a_release_that_changed_one() -> None:
    whole = (("v1", "10:00"), ("v2", "11:00"))
    parts = {
        "api": history("api", *whole, ("v3", "12:00")),
        "web": history("web", *whole),
        "redis": history("redis", ("7.2", "08:00")),
    }
    goal = choose.previous(release_sets.together(parts)).to
    assert goal and versions(goal) == {"api": "v2", "web": "v2", "redis": "7.2"}
    assert not goal.guess


@pytest.mark.parametrize("api", [
    (("v2", "09:00"), ("v3", "12:00")),  # v2 at another time: no build made both
    (("1.4", "11:00"), ("1.5", "12:00")),  # a version of its own
    (("stable", "11:00"), ("live", "12:00")),  # tags that name none
])  # fmt: skip
def test_tags_that_are_not_of_one_build_link_nothing(api: tuple[tuple[str, str], ...]) -> None:
    parts = {"api": history("api", *api), "web": history("web", ("v2", "11:00"), ("v3", "12:00"))}
    assert release_sets.together(parts)[1].guess


def test_a_label_that_stayed_while_the_content_changed_links_nothing() -> None:
    label = {"app.kubernetes.io/version": "2"}
    old = {"app.kubernetes.io/version": "1"}
    parts = {
        name: releases(
            deployment("c", name, **label),
            replicaset(1, "a", "10:00", name, **old),
            replicaset(2, "b", "11:00", name, **label),
            replicaset(3, "c", "12:00", name, **label),
        )
        for name in ("api", "web")
    }
    assert all(release.guess for release in release_sets.together(parts)[1:])


def test_what_a_release_added_stays_and_is_named_while_the_rest_goes_back() -> None:
    parts = {
        "web": history("web", ("v1", "10:00"), ("v2", "12:00")),
        "worker": history("worker", ("v2", "12:00")),
    }
    older = release_sets.together(parts)[1]
    assert (older.skip, versions(older)) == (None, {"web": "v1"})
    (finding,) = older.findings
    assert (finding.level, finding.code) == ("warning", "left-alone")
    assert finding.message.startswith("worker stays on 1 (v2): it was made at 2026-11-20T12:00:00Z")


def test_a_part_that_is_older_and_has_lost_its_history_is_gone() -> None:
    worker = history("worker", ("v2", "12:00"))
    facts(worker[0]).workload.meta["creationTimestamp"] = "2026-11-20T08:00:00Z"
    parts = {"web": history("web", ("v1", "10:00"), ("v2", "12:00")), "worker": worker}
    assert release_sets.together(parts)[1].skip == "artifact-gone"


def test_a_release_that_only_added_something_leaves_nothing_to_go_back_to() -> None:
    parts = {
        "web": history("web", ("v1", "10:00")),
        "worker": history("worker", ("v2", "12:00")),
    }
    assert release_sets.together(parts)[1].skip == "same-content"


def awaiting(paused: bool = False) -> list[Release]:
    """v3 is asked for; its controller has made no ReplicaSet of it, and v2 still serves."""
    workload = deployment("v3")
    workload.raw["spec"]["paused"] = paused
    return releases(
        workload, replicaset(1, "v1", "10:00"), replicaset(2, "v2", "11:00", available=1)
    )


def test_what_is_asked_for_and_not_rolled_out_yet_is_live_and_the_newest_that_ran_is_the_goal() -> (
    None
):
    found = awaiting()
    goal = choose.previous(found).to
    assert (found[0].id, found[0].version, found[0].status) == ("3", "v3", "live")
    assert goal and (goal.id, goal.version) == ("2", "v2")
    assert kubernetes.bare(found) == "2"


def test_a_content_that_has_pods_is_never_awaited() -> None:
    workload = deployment("v3")
    workload.raw["status"]["updatedReplicas"] = 1  # its controller has a ReplicaSet for it
    found = releases(workload, replicaset(1, "v1", "10:00"), replicaset(2, "v2", "11:00"))
    assert not any(is_awaited(facts(release).revision) for release in found)


@pytest.mark.parametrize("made", [True, False])
def test_a_paused_deployment_is_not_resumed_into_the_release_that_it_holds_back(made: bool) -> None:
    live, goal, *_ = awaiting(paused=True)
    before = facts(goal if made else live).revision
    workload = facts(live).workload
    change = WorkloadChange(Location("", "shop"), workload, before, facts(goal).revision)
    finding = next(found for found in state.findings(change) if found.code == "paused")
    resume = "kubectl --namespace shop rollout resume deployment/web"
    wanted = (
        f"{resume}, then plan again"
        if made
        else f"apply the manifest of revision 2 first, then {resume}"
    )
    assert finding.fix == wanted


@pytest.mark.parametrize(("number", "limit", "why"), [
    (1, 10, "a workload that is deleted and made anew has no older revisions"),
    (7, 10, "its older revisions were deleted by hand, or by a lower limit than today's (revisionHistoryLimit 10)"),
    (7, 0, "its older revisions were deleted by the limit (revisionHistoryLimit 0)"),
])  # fmt: skip
def test_a_single_revision_says_when_the_workload_was_made_and_where_the_older_one_is(
    number: int, limit: int, why: str
) -> None:
    workload = deployment("v2")
    workload.meta["creationTimestamp"] = "2026-11-20T09:00:00Z"
    workload.raw["spec"]["revisionHistoryLimit"] = limit
    (live,) = releases(workload, replicaset(number, "v2", "10:00"))
    (finding,) = live.findings
    assert (finding.level, finding.code) == ("note", "no-older-revision")
    assert finding.message.startswith("deployment/web was created at 2026-11-20T09:00:00Z")
    assert why in finding.message and "from git" in finding.fix
