"""Situations from public trackers in which going back on Vercel went wrong, rebuilt (SOURCES.md)."""

from __future__ import annotations

from typing import Any

from hosted_site import Site
from loopback import Asked
from vercel_server import BAD, GOOD, OLD, Vercel

FIX = "e" * 40


def codes(plan: Any) -> dict[str, str]:
    return {row["code"]: row["level"] for row in plan["findings"]}


def test_a_domain_that_stays_on_the_bad_deployment_is_no_success(vercel_site: Site, vercel: Vercel):
    """The request succeeds and the project says so, yet users of one domain get the bad code."""
    site, good, bad = vercel_site, vercel.uid(GOOD), vercel.uid(BAD)
    plan = site.plan()
    vercel.stuck = {"shop.example.com"}
    done = site.execute(plan, check=5)
    assert done["outcome"] == "partial"
    assert f"shop.example.com serves {bad}" in done["talk"]
    assert (
        f"/v2/deployments/{good}/aliases -X POST -F alias=shop.example.com --scope acme"
        in done["talk"]
    )
    assert f"shop.example.com {bad}" in done["targets"][0]["proof"]
    assert f"shop.vercel.app {good}" in done["targets"][0]["proof"]
    assert site.execute(plan)["outcome"] == "done"
    assert (vercel.live, vercel.auto_assign) == ({good}, False)
    assert [path for _, path, _ in vercel.server.changes()] == [
        f"/v1/projects/{vercel.id}/rollback/{good}",
        f"/v2/deployments/{good}/aliases",
    ]


def test_after_somebodys_rollback_that_left_a_domain_the_plan_is_for_what_users_get(
    vercel_site: Site, vercel: Vercel
):
    """Going by the project alone, `previous` would be the one before the good one."""
    vercel.stuck = {"shop.example.com"}
    vercel.roll_back(vercel.uid(GOOD))
    vercel.stuck = set()
    plan = vercel_site.plan()
    (move,) = plan["moves"]
    assert (move["current"]["id"], move["to"]["id"]) == (vercel.uid(BAD), vercel.uid(GOOD))
    assert codes(plan)["domains-disagree"] == "warning"
    vercel_site.execute(plan)
    assert vercel.live == {vercel.uid(GOOD)}


def half_way(vercel: Vercel) -> None:
    """Somebody's rollback to the good one left one domain on the bad one."""
    vercel.stuck = {"shop.example.com"}
    vercel.roll_back(vercel.uid(GOOD))
    vercel.stuck = set()
    vercel.bad.clear()


def test_domains_that_disagree_go_to_a_third_deployment(vercel_site: Site, vercel: Vercel):
    """A promotion alone would take all of them back to one deployment."""
    half_way(vercel)
    before = dict(vercel.served)
    plan = vercel_site.plan(OLD)
    assert vercel_site.execute(plan)["outcome"] == "done"
    assert vercel.live == {vercel.uid(OLD)}
    vercel.held = {"shop.example.com"}
    done, bad = vercel_site.restore(plan, check=5), vercel.uid(BAD)
    assert done["outcome"] == "partial"
    assert (
        f"/v2/deployments/{bad}/aliases -X POST -F alias=shop.example.com --scope acme"
        in done["talk"]
    )
    vercel.held = set()
    assert vercel_site.restore(plan)["outcome"] == "restored"
    assert (vercel.served, vercel.production) == (before, vercel.uid(GOOD))
    assert vercel.auto_assign is False


def test_a_project_that_is_there_already_is_not_asked_for_again(vercel_site: Site, vercel: Vercel):
    """Vercel refuses that: only the domain that stayed behind is moved, and comes back."""
    half_way(vercel)
    vercel.auto_assign = True
    before = dict(vercel.served)
    plan = vercel_site.plan()
    assert vercel_site.execute(plan)["outcome"] == "done"
    assert (vercel.live, vercel.auto_assign) == ({vercel.uid(GOOD)}, False)
    assert vercel_site.restore(plan)["outcome"] == "restored"
    assert (vercel.served, vercel.auto_assign) == (before, True)
    paths = {path for _, path, _ in vercel.server.changes()}
    assert not any("rollback" in path or "promote" in path for path in paths)


def test_a_domain_that_changes_to_another_known_deployment_is_noticed(
    vercel_site: Site, vercel: Vercel
):
    """Between the guards and the request: what is new to one domain may be what another has."""
    half_way(vercel)
    plan, before = vercel_site.plan(OLD), dict(vercel.served)
    for moved in ("production", "shop.example.com", "shop.vercel.app"):
        looks = 0

        def swap(asked: Asked, moved: str = moved) -> None:
            nonlocal looks
            looks += asked.path.startswith("/v9/projects/")
            if looks == 4:  # two guards, the proof, and the last look
                if moved == "production":
                    vercel.production = vercel.uid(BAD)
                else:
                    vercel.served[moved] = vercel.uid(BAD if moved == "shop.vercel.app" else GOOD)

        vercel.server.watch = swap
        done = vercel_site.execute(plan, check=10)
        assert f"{moved} serves" in done["talk"] and "since this run began" in done["talk"]
        vercel.server.watch = None
        vercel.production, vercel.served = vercel.uid(GOOD), dict(before)
    assert vercel.server.changes() == []


def test_a_rollback_is_still_open_when_the_project_has_forgotten_the_request(
    vercel_site: Site, vercel: Vercel
):
    """The request is only kept for a while; that auto-assign is off stays."""
    vercel_site.execute(vercel_site.plan())
    vercel.request = None
    opened = vercel_site.plan("status")["open"]
    assert any("new production deployments do not get the production domains" in x for x in opened)
    vercel.auto_assign = True
    assert not any("production domains" in line for line in vercel_site.plan("status")["open"])


def test_a_project_that_does_not_tell_auto_assign_is_not_taken_for_on(
    vercel_site: Site, vercel: Vercel
):
    vercel.auto_assign = None
    plan = vercel_site.plan()
    (finding,) = [row for row in plan["findings"] if row["code"] == "auto-publish"]
    assert finding["level"] == "warning" and "does not tell" in finding["message"]


def test_a_staged_deployment_is_neither_live_nor_the_one_before(vercel_site: Site, vercel: Vercel):
    """Later pushes build, look deployed, and reach nobody."""
    vercel.auto_assign = False
    staged = vercel.deploy(FIX, 0.1)
    plan = vercel_site.plan()
    (move,) = plan["moves"]
    assert (move["current"]["id"], move["to"]["id"]) == (vercel.uid(BAD), vercel.uid(GOOD))
    assert codes(plan)["auto-publish-off"] == "note"
    (known,) = [
        row for row in vercel_site.script("history", "staging")["releases"] if row["id"] == staged
    ]
    assert known["status"] == "unknown"


def test_a_restore_leaves_auto_assign_off_where_a_person_had_turned_it_off(
    vercel_site: Site, vercel: Vercel
):
    """Every promotion turns it on."""
    vercel.bad.clear()
    vercel.auto_assign = False
    plan = vercel_site.plan()
    vercel_site.execute(plan)
    assert vercel_site.restore(plan)["outcome"] == "restored"
    assert vercel.live == {vercel.uid(BAD)} and vercel.auto_assign is False


def test_an_answer_that_it_is_current_already_is_no_failure(vercel_site: Site, vercel: Vercel):
    """Somebody else was faster between the last look and the request."""
    plan = vercel_site.plan()

    def hurry(asked: Asked) -> None:
        if asked.method == "POST" and vercel.commit() == BAD:
            vercel.roll_back(vercel.uid(GOOD))

    vercel.server.watch = hurry
    assert vercel_site.execute(plan)["outcome"] == "done"
    assert vercel.server.changes()[-1][2] == 409 and vercel.live == {vercel.uid(GOOD)}


def test_a_good_deployment_that_retention_deleted_is_named_and_not_chosen(
    vercel_site: Site, vercel: Vercel
):
    vercel.by(vercel.uid(GOOD))["softDeletedByRetention"] = True
    (move,) = vercel_site.plan()["moves"]
    assert move["to"]["id"] == vercel.uid(OLD)
    assert {row["release"]: row["code"] for row in move["skipped"]}[vercel.uid(GOOD)] == (
        "artifact-gone"
    )
    assert codes(vercel_site.plan(GOOD, check=6))["artifact-gone"] == "blocker"
    vercel.by(vercel.uid(GOOD)).pop("softDeletedByRetention")
    listed = vercel_site.plan()
    assert listed["moves"][0]["to"]["id"] == vercel.uid(GOOD)
    vercel.gone.add(vercel.uid(GOOD))  # since the plan was made
    assert vercel_site.execute(listed, check=12)["error"]["code"] == "unreadable"
