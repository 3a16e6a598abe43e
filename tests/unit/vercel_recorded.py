"""Deployments of a Vercel project in the published shape, and the move to the one that is chosen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from rollback.flow import choose, compose
from rollback.model import Move, Release, Target
from rollback.platforms import vercel
from rollback.platforms.vercel.client import Project, Row
from rollback.platforms.vercel.details import Details, Domain
from rollback.platforms.vercel.releases import from_rows

CASES = json.loads((Path(__file__).parents[1] / "cases/platforms/vercel.json").read_text())
DAY = 24 * 3600 * 1000
BEGIN = 1_790_000_000_000
DOMAINS = ("shop.example.com", "shop.vercel.app")


def row(text: str) -> Row:
    """A deployment as the API sends it, from "<n> <state> <substate> <candidate> <commit>"."""
    number, state, substate, candidate, commit = text.split(" ")
    made = BEGIN + int(number) * DAY
    sent: dict[str, Any] = {
        "uid": f"dpl_{number}",
        "url": f"shop-{number}.vercel.app",
        "created": made,
        "ready": made + 60_000,
        "aliasAssigned": made + 90_000 if substate == "PROMOTED" else None,
        "readyState": state,
        "readySubstate": None if substate == "-" else substate,
        "isRollbackCandidate": None if candidate == "-" else candidate == "true",
        "creator": {"uid": "u1", "username": "ana", "email": "ana@example.org"},
        "meta": {"githubCommitSha": commit, "githubCommitMessage": f"change {commit}"},
    }
    without_nulls = {name: value for name, value in sent.items() if value is not None}
    return msgspec.convert(without_nulls, Row)


def project(case: Any) -> Project:
    live = case["production"]
    request = None
    if "request" in case:
        kind, left, to, status = case["request"].split(" ")
        request = {
            "fromDeploymentId": left,
            "toDeploymentId": to,
            "jobStatus": status,
            "type": kind,
        }
    domains = [{"domain": name, "target": "PRODUCTION"} for name in DOMAINS]
    sent = {
        "id": "prj_1",
        "name": "shop",
        "accountId": "team_1",
        "autoAssignCustomDomains": case.get("auto_assign", True),
        "targets": {"production": {"id": live, "url": f"shop-{live[4:]}.vercel.app"}},
        "alias": domains,
    }
    return msgspec.convert(sent | ({"lastAliasRequest": request} if request else {}), Project)


def served(case: Any, **differing: str) -> tuple[Domain, ...]:
    return tuple(Domain(name, differing.get(name, case["production"])) for name in DOMAINS)


def read(case: Any) -> list[Release]:
    rows = [row(text) for text in case["rows"]]
    return from_rows(project(case), rows, served(case), "teamId=team_1")


def target(case: Any) -> Target:
    known = Details(
        api="https://api.vercel.com",
        team="teamId=team_1",
        project="prj_1",
        name="shop",
        owner="team_1",
        production=case["production"],
        auto_assign=case.get("auto_assign", True),
    )
    return Target(
        "production", "app", "vercel", "shop", "api.vercel.com/team_1/prj_1", True, details=known
    )


def chosen(case: Any, known: list[Release], wanted: str = "previous") -> list[Move]:
    to = choose.choose(known, wanted).to
    assert to
    return compose.with_ids("app", vercel.moves(target(case), choose.live(known), to))
