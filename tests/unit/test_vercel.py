"""Vercel's deployments: which one is live, which are no candidates, and what the script compares."""

from __future__ import annotations

import time
from typing import Any

import pytest
from msgspec.structs import replace
from vercel_recorded import CASES, chosen, project, read, row, served

from rollback.flow import choose
from rollback.model import Command, Move
from rollback.platforms import vercel
from rollback.platforms.vercel import auto_assign
from rollback.platforms.vercel.checks import judged as checked
from rollback.platforms.vercel.client import AliasRequest, ProjectDomain
from rollback.platforms.vercel.details import Domain
from rollback.platforms.vercel.preflight import judged
from rollback.platforms.vercel.readings import Cron, Deployment, Reading, Variable
from rollback.platforms.vercel.releases import from_rows

each_case = pytest.mark.parametrize("case", CASES, ids=[case["case"][:50] for case in CASES])


@each_case
def test_each_release_has_its_status_and_what_speaks_against_it(case: Any) -> None:
    shown = [f"{r.id} {r.status} {r.skip or '-'} {r.commit or '-'}" for r in read(case)]
    assert shown == case["releases"]


@each_case
def test_the_target_is_the_last_good_deployment_not_what_the_dashboard_offers(case: Any) -> None:
    known = read(case)
    (move,) = chosen(case, known)
    assert (move.to.id, vercel.bare(known)) == (case["to"], case["bare"])


@each_case
def test_the_steps_are_what_a_person_would_type(case: Any) -> None:
    steps = vercel.steps(chosen(case, read(case)))
    assert [step.do.by_hand for step in steps] == case["steps"]
    assert [step.undo.do.by_hand for step in steps if step.undo] == case["restore"]


@each_case
def test_the_guards_name_every_production_domain(case: Any) -> None:
    moves = chosen(case, read(case))
    identity, live = vercel.guards(moves)
    assert identity.lines[0].source == identity.lines[0].goal == "team_1 prj_1"
    before, after = moves[0].current.id, moves[0].to.id
    names = ("production", "shop.example.com", "shop.vercel.app")
    assert [line.source for line in live.lines] == [f"{name} {before}" for name in names]
    assert [line.goal for line in live.lines] == [f"{name} {after}" for name in names]


def test_no_command_only_prints_a_status() -> None:
    """`vercel rollback` and `vercel promote` without a deployment change nothing and exit 0."""
    for case in CASES:
        for step in vercel.steps(chosen(case, read(case))):
            assert step.undo
            assert "vercel.app" in step.do.by_hand and "vercel.app" in step.undo.do.by_hand


def test_the_newest_deployment_is_live_only_if_the_domains_serve_it() -> None:
    live = choose.live(read(CASES[1]))
    assert live.id == "dpl_2" and "auto-publish-off" in {finding.code for finding in live.findings}


def test_domains_that_stayed_behind_are_what_users_get() -> None:
    """A rollback that ended half-way: the project says dpl_4, users of one domain get dpl_5."""
    case = CASES[0] | {"production": "dpl_4"}
    domains = served(case, **{"shop.example.com": "dpl_5"})
    known = from_rows(project(case), [row(text) for text in case["rows"]], domains)
    live = choose.live(known)
    assert live.id == "dpl_5" and live.findings[0].code == "domains-disagree"
    assert "shop.vercel.app serves dpl_4" in live.findings[0].message
    (move,) = chosen(case, known)
    lines = [(line.source, line.goal) for line in vercel.guards([move])[1].lines]
    assert move.to.id == "dpl_4"
    assert lines[1] == ("shop.example.com dpl_5", "shop.example.com dpl_4")


def test_a_step_accepts_all_that_the_guards_accept_and_no_other_known_deployment() -> None:
    rows = [f"{number} READY PROMOTED true a{number}" for number in (5, 4, 3)]
    case = CASES[0] | {"production": "dpl_4", "rows": rows}
    domains = served(case, **{"shop.example.com": "dpl_5"})
    known = from_rows(project(case), [row(text) for text in case["rows"]], domains)
    (move,) = chosen(case, known, "dpl_3")
    (step,) = vercel.steps([move])
    before, after = ["dpl_4", "dpl_5", "dpl_4"], ["dpl_3"] * 3
    lines = vercel.guards([move])[1].lines
    assert [line.source.partition(" ")[2] for line in lines] == before
    assert step.undo
    assert accepted(step.do) == pairs(before)
    assert accepted(step.undo.do) == [*pairs(after), "shop.example.com=dpl_5"]


def test_what_went_apart_comes_back_apart_by_hand_too() -> None:
    rows = [f"{number} READY PROMOTED true a{number}" for number in (5, 4, 3)]
    case = CASES[0] | {"production": "dpl_4", "rows": rows}
    domains = served(case, **{"shop.example.com": "dpl_5"})
    known = from_rows(project(case), [row(text) for text in rows], domains)
    promoted = "Promote shop back to dpl_4, shop.example.com to dpl_5"
    moved = "Move shop back shop.example.com to dpl_5"
    for wanted, title, there, back in (
        ("dpl_3", promoted, "vercel rollback shop-3.vercel.app --yes", "vercel promote dpl_4"),
        (
            "dpl_4",
            moved,
            "vercel api /v2/deployments/dpl_4/aliases -X POST -F alias=shop.example.com",
            "vercel api",
        ),
    ):
        (step,) = vercel.steps(chosen(case, known, wanted))
        assert step.do.by_hand.startswith(there)
        assert step.undo and step.undo.proof
        assert step.undo.title == title
        assert step.undo.proof.expect == "dpl_4, shop.example.com dpl_5"
        typed = step.undo.do.by_hand
        assert typed.startswith(back)
        assert "dpl_5/aliases -X POST -F alias=shop.example.com --scope team_1" in typed


def accepted(command: Command) -> list[str]:
    """What the domains may serve when the command starts."""
    return command.argv[command.argv.index("--from") + 1].split()


def pairs(served: list[str]) -> list[str]:
    names = ("production", "shop.example.com", "shop.vercel.app")
    return [f"{name}={id}" for name, id in zip(names, served, strict=True)]


def test_a_live_deployment_that_the_list_is_too_short_for_is_known_all_the_same() -> None:
    case = CASES[1] | {"production": "dpl_0"}
    known = from_rows(project(case), [row(text) for text in case["rows"]], served(case))
    assert [release.id for release in known if release.status == "live"] == ["dpl_0"]


def test_a_build_with_uncommitted_files_is_not_its_commit() -> None:
    rows = [row("2 READY PROMOTED true dd"), row("1 READY PROMOTED true dd")]
    dirty = replace(rows[1], meta={**rows[1].meta, "gitDirty": "1"})
    known = from_rows(project({"production": "dpl_2"}), [rows[0], dirty])
    assert choose.choose(known, "previous").to is not None


def test_a_project_without_production_has_no_releases() -> None:
    case = CASES[0]
    empty = replace(project(case), targets={})
    assert from_rows(empty, [row(text) for text in case["rows"]]) == []


def test_domains_that_redirect_or_belong_to_a_branch_are_not_compared() -> None:
    rows = (
        ProjectDomain("www.shop.example.com", "PRODUCTION", redirect="shop.example.com"),
        ProjectDomain("beta.shop.example.com", "PRODUCTION", git_branch="beta"),
        ProjectDomain("preview.shop.example.com", "PREVIEW"),
        ProjectDomain("shop.example.com", "PRODUCTION"),
    )
    assert replace(project(CASES[0]), alias=rows).domains == ("shop.example.com",)


def a_move(auto: bool | None = True, wanted: str = "previous") -> Move:
    case = CASES[0]
    (move,) = chosen(case, read(case), wanted)
    known = replace(move.target.details, auto_assign=auto)
    return replace(move, target=replace(move.target, details=known), bare="dpl_4")


def reading(**changed: Any) -> Reading:
    """What preflight reads of a project about which there is nothing to say."""
    made = Deployment("dpl_4", "READY", created_at=1000)
    plain = Reading(project(CASES[0]), made, replace(made, id="dpl_5"), (), "pro")
    return replace(plain, **changed)


def about(move: Move, **changed: Any) -> dict[str, tuple[str, str]]:
    return {row.code: (row.level, row.message) for row in judged(move, reading(**changed))}


def test_nothing_is_reported_where_nothing_speaks_against_it() -> None:
    assert about(a_move(auto=False)) == {}


def test_auto_assign_is_reported_before_it_is_turned_off_also_where_nobody_tells_it() -> None:
    assert about(a_move())["auto-publish"][0] == "warning"
    level, message = about(a_move(auto=None))["auto-publish"]
    assert level == "warning" and "does not tell" in message
    (finding,) = auto_assign.planned(a_move().target.details)
    assert "vercel promote DEPLOYMENT_URL --yes --scope team_1" in finding.fix
    assert "-X PATCH -F autoAssignCustomDomains=true" in finding.fix


def test_the_hobby_plan_blocks_all_but_the_one_before() -> None:
    move = a_move(auto=False)
    assert "plan-limit" not in about(move, plan="hobby")
    older = replace(move, bare="dpl_9")
    level, message = about(older, plan="hobby")["plan-limit"]
    assert level == "blocker" and "dpl_9" in message
    assert "plan-limit" not in about(older, plan="pro")


@pytest.mark.parametrize("goal", [None, Deployment("dpl_4", "DELETED"),
                                  Deployment("dpl_4", "READY", soft_deleted_by_retention=True)])  # fmt: skip
def test_a_deployment_that_is_deleted_blocks(goal: Deployment | None) -> None:
    assert about(a_move(), goal=goal)["artifact-gone"][0] == "blocker"


def test_cron_jobs_that_begin_and_stop_are_named() -> None:
    goal = Deployment("dpl_4", "READY", crons=(Cron("/api/old", "0 5 * * *"),))
    source = Deployment("dpl_5", "READY", crons=(Cron("/api/new", "* * * * *"),))
    level, message = about(a_move(), goal=goal, source=source)["crons-go-back"]
    assert level == "warning" and "begin: /api/old (0 5 * * *)" in message
    assert "stop: /api/new (* * * * *)" in message


def test_variables_that_changed_since_that_build_are_named() -> None:
    rows = (
        Variable("STRIPE_KEY", 2000, ("production",)),
        Variable("OLDER", 500, ("production",)),
        Variable("PREVIEW_ONLY", 2000, ("preview",)),
    )
    level, message = about(a_move(), variables=rows)["config-changes"]
    assert level == "warning" and message.endswith("changed since: STRIPE_KEY")
    assert about(a_move(), variables=None)["config-changes"][0] == "note"


def test_what_vercel_is_moving_already_blocks() -> None:
    moving = AliasRequest("dpl_9", "dpl_5", "in-progress", time.time() * 1000, "promote")
    busy = replace(project(CASES[0]), last_alias_request=moving)
    assert about(a_move(), project=busy)["deploy-in-flight"][0] == "blocker"
    assert checked(busy)[0] == "waiting"
    dead = replace(busy, last_alias_request=replace(moving, requested_at=moving.requested_at - 7e5))
    assert about(a_move(), project=dead)["request-stuck"][0] == "warning"
    assert checked(dead)[0] != "waiting"


def test_a_deployment_that_was_built_is_not_healthy_for_that() -> None:
    live = project(CASES[0])
    built = replace(live.targets["production"], ready_state="READY")
    assert checked(replace(live, targets={"production": built}))[0] == "unknown"
    broken = replace(built, ready_state="ERROR")
    assert checked(replace(live, targets={"production": broken}))[0] == "unhealthy"
    assert checked(replace(live, targets={}))[0] == "unhealthy"


def test_nothing_moves_where_everything_serves_the_wanted_deployment() -> None:
    case = CASES[0]
    assert chosen(case, read(case), "dpl_5") == []
    assert served(case)[0] == Domain("shop.example.com", "dpl_5")
