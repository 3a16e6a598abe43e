"""Vercel as its clients see it: a project with production deployments, domains and alias requests."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable
from typing import Any

from loopback import Asked, Loopback, Reply

TOKEN = "vcp0f5a7c2eNotARealToken"
SECRET = "sk-not-shown-value"
GOOD, BAD, OLD = "a" * 40, "b" * 40, "0" * 40  # commits
DAY = 24 * 3600 * 1000


def now() -> int:
    return int(time.time() * 1000)


class Vercel:
    """One project. An alias request takes `job_seconds`, then ends as `job_ends`.

    `stuck` are domains that it does not move, `held` those that nobody may assign. `answers` are kept to be held against the models.
    """

    def __init__(self, name: str = "shop") -> None:
        self.name, self.id, self.team = name, "prj_" + uuid.uuid4().hex[:24], "team_" + "a1" * 12
        self.slug, self.plan, self.team_plan = "acme", "pro", "pro"
        self.rows: list[dict[str, Any]] = []
        self.crons: dict[str, list[dict[str, str]]] = {}
        self.gone: set[str] = set()
        self.bad: set[str] = set()
        self.production = ""
        self.served = {"shop.example.com": "", "shop.vercel.app": ""}
        self.preview = {"shop-git-fix-acme.vercel.app": ""}
        self.auto_assign: bool | None = True
        self.request: dict[str, Any] | None = None
        self.variables: list[dict[str, Any]] = []
        self.rolling: Any = None
        self.hidden = 0  # variables that a token without the right does not see
        self.stuck: set[str] = set()
        self.held: set[str] = set()
        self.job_seconds, self.job_ends, self.page = 0.0, "succeeded", 100
        self.ends_at, self.promotes_auto = 0.0, True
        self.answers: list[tuple[str, Any]] = []
        self.server = Loopback(self.answer)

    # ---- what a deploy leaves ----------------------------------------------------------------

    def deploy(self, commit: str, days_ago: float, state: str = "READY", **changed: Any) -> str:
        """A push to the production branch: it gets the domains if auto-assign is on."""
        made, uid = now() - int(days_ago * DAY), "dpl_" + uuid.uuid4().hex[:20]
        live = state == "READY" and self.auto_assign is not False
        self.rows.append({
            "aliasAssigned": made + 60_000 if live else None, "created": made, "createdAt": made,
            "creator": {"uid": "u1", "email": "ana@example.org", "username": "ana"}, "buildingAt": made, "ready": made + 50_000,
            "inspectorUrl": f"https://vercel.com/acme/shop/{uid}", "isRollbackCandidate": live,
            "meta": {"githubCommitSha": commit, "githubCommitMessage": f"change {commit[:4]}"}, "name": self.name,
            "projectId": self.id, "readyState": state, "state": state, "target": "production", "type": "LAMBDAS", "uid": uid,
            "url": f"shop-{uid[4:13]}-acme.vercel.app", "source": "git",
            **({"readySubstate": "PROMOTED" if live else "STAGED"} if state == "READY" else {}), **changed,
        })  # fmt: skip
        if live:
            self.assign(uid)
        return uid

    def assign(self, uid: str) -> None:
        self.production = uid
        for name in self.served:
            if name not in self.stuck:
                self.served[name] = uid

    def roll_back(self, uid: str) -> None:
        """Somebody's Instant Rollback, ended."""
        self.ask("rollback", uid)
        self.ends_at = 0
        self._end()

    def by(self, name: str) -> dict[str, Any] | None:
        rows = (row for row in self.rows if name in (row["uid"], row["url"]))
        return next((row for row in rows if row["uid"] not in self.gone), None)

    def uid(self, commit: str) -> str:
        """The newest deployment of a commit."""
        rows = [row for row in self.rows if row["meta"]["githubCommitSha"] == commit]
        return max(rows, key=lambda row: row["created"])["uid"]

    def commit(self, domain: str = "shop.example.com") -> str:
        """The commit that a domain serves."""
        row = self.by(self.served.get(domain, self.production))
        return row["meta"]["githubCommitSha"] if row else ""

    @property
    def live(self) -> set[str]:
        """What the project and all of its production domains serve."""
        return {self.production, *self.served.values()}

    # ---- requests ----------------------------------------------------------------------------

    def answer(self, asked: Asked) -> Reply | None:
        self._end()
        if asked.path == "/-/health":
            bad = self.served.get("shop.example.com", self.production) in self.bad
            return Reply(500 if bad else 200, {"version": self.commit()})
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return self._refused(403, "forbidden", "Not authorized", invalidToken=True)
        if not self._in_team(asked):
            return self._refused(403, "forbidden", "Not authorized")
        path = re.sub(r"^/v\d+", "", asked.path)
        for pattern, route in self._routes().items():
            method, _, shape = pattern.partition(" ")
            match = re.fullmatch(shape.replace("*", "([^/]+)"), path)
            if match and method == asked.method:
                return route(asked, *match.groups())
        return None

    def _in_team(self, asked: Asked) -> bool:
        free = re.fullmatch(r"(/v\d+)?/(user|teams(/.*)?)", asked.path)
        named = asked.query.get("teamId") == self.team or asked.query.get("slug") == self.slug
        return bool(free) or named

    def _routes(self) -> dict[str, Callable[..., Reply]]:
        return {
            "GET /user": lambda asked: Reply(200, {"user": _user(self.team)}),
            "GET /teams": lambda asked: Reply(200, {"teams": [self._team()], "pagination": PAGE_END}),
            "GET /teams/*": lambda asked, id: self._kept("team", self._team()),
            "GET /projects/*": self._project_of,
            "PATCH /projects/*": self._update,
            "GET /projects/*/env": self._variables_of,
            "GET /projects/*/(rollback|promote)/aliases": lambda asked, *rest: self._kept("moved", self._failed()),
            "POST /projects/*/(rollback|promote)/*": self._move,
            "GET /deployments": self._list,
            "GET /deployments/*": self._deployment_of,
            "GET /deployments/*/builds": lambda asked, id: Reply(200, {"builds": []}),
            "GET /deployments/*/aliases": self._aliases_of,
            "POST /deployments/*/aliases": self._assign_alias,
            "GET /aliases/*": self._alias_of,
        }  # fmt: skip

    def _refused(self, status: int, code: str, message: str, **more: Any) -> Reply:
        return Reply(status, {"error": {"code": code, "message": message, **more}})

    def _missing(self) -> Reply:
        return self._refused(404, "not_found", "Not found")

    def _kept(self, shape: str, body: Any, status: int = 200) -> Reply:
        self.answers.append((shape, body))
        return Reply(status, body)

    def _project_of(self, asked: Asked, name: str) -> Reply:
        known = name in (self.id, self.name)
        return self._kept("project", self._project()) if known else self._missing()

    def _variables_of(self, asked: Asked, name: str) -> Reply:
        more = (
            {"hiddenProductionEnvCount": self.hidden} if self.hidden else {"pagination": PAGE_END}
        )
        return self._kept("variables", {"envs": self.variables, **more})

    def _update(self, asked: Asked, name: str) -> Reply:
        self.auto_assign = asked.body["autoAssignCustomDomains"]
        return self._kept("updated", self._project())

    def _list(self, asked: Asked) -> Reply:
        most = min(int(asked.query.get("limit", 20)), self.page)
        until = int(asked.query.get("until", now() + DAY))
        rows = sorted(self.rows, key=lambda row: -row["created"])
        rows = [row for row in rows if row["created"] < until and row["uid"] not in self.gone]
        rows = [row for row in rows if asked.query.get("target") in (None, row["target"])]
        rows = [row for row in rows if row["projectId"] == asked.query.get("projectId", self.id)]
        rest = rows[most:]
        page = {
            "count": len(rows[:most]),
            "next": rows[most - 1]["created"] if rest else None,
            "prev": None,
        }
        return self._kept("deployments", {"deployments": rows[:most], "pagination": page})  # fmt: skip

    def _deployment_of(self, asked: Asked, name: str) -> Reply:
        row = self.by(self.served.get(name, name))
        return self._kept("deployment", self._deployment(row)) if row else self._missing()

    def _aliases_of(self, asked: Asked, id: str) -> Reply:
        if self.by(id) is None:
            return self._missing()
        names = [name for name, uid in {**self.served, **self.preview}.items() if uid == id]
        rows = [
            {"uid": f"al_{name}", "alias": name, "created": "2026-01-01T00:00:00.000Z"}
            for name in names
        ]
        return self._kept("aliases", {"aliases": rows})  # fmt: skip

    def _assign_alias(self, asked: Asked, id: str) -> Reply:
        name, row = asked.body["alias"], self.by(id)
        if row is None:
            return self._missing()
        if name in self.held:
            return self._refused(403, "forbidden", f"You don't have access to {name}.")
        old, self.served[name] = self.served[name], row["uid"]
        body = {"alias": name, "created": "2026-01-01T00:00:00.000Z", "uid": f"al_{name}"}
        return self._kept("assigned", body | {"oldDeploymentId": old})

    def _alias_of(self, asked: Asked, name: str) -> Reply:
        if name not in self.served:
            return self._missing()
        body = {
            "alias": name,
            "created": "2026-01-01T00:00:00.000Z",
            "deploymentId": self.served[name],
            "projectId": self.id,
            "uid": f"al_{name}",
        }
        return self._kept("alias", body)  # fmt: skip

    def _move(self, asked: Asked, project: str, kind: str, id: str) -> Reply:
        row = self.by(id)
        if row is None:
            return self._missing()
        if self.request and self._is_running(self.request):
            return self._refused(409, "conflict", "Another request is in progress.")
        if kind == "rollback" and self.production == id:
            return self._refused(409, "conflict", "The deployment is already current.")
        if kind == "rollback" and not row["isRollbackCandidate"]:
            return self._refused(422, "invalid", "That deployment cannot be rolled back to.")
        if kind == "rollback" and self.team_plan == "hobby" and id != self._previous():
            return self._refused(402, "payment_required", "To roll back further, upgrade to pro.")
        self.ask(kind, id)
        return Reply(201, None)

    def _is_running(self, request: dict[str, Any]) -> bool:
        """The client, too, takes no notice of a request that is older."""
        recent = now() - request["requestedAt"] < 180_000
        return recent and request["jobStatus"] in ("pending", "in-progress")

    def _previous(self) -> str:
        rows = sorted(self.rows, key=lambda row: -row["created"])
        return next(
            r["uid"] for r in rows if r["isRollbackCandidate"] and r["uid"] not in self.live
        )

    def ask(self, kind: str, id: str) -> None:
        self.request = {
            "fromDeploymentId": self.production, "toDeploymentId": id, "jobStatus": "in-progress", "requestedAt": now(), "type": kind,
        }  # fmt: skip
        self.ends_at = time.monotonic() + self.job_seconds

    def _end(self) -> None:
        request = self.request
        if not request or request["jobStatus"] != "in-progress" or time.monotonic() < self.ends_at:
            return
        request["jobStatus"] = self.job_ends
        if self.job_ends == "skipped":
            return
        self.assign(request["toDeploymentId"])
        if request["type"] == "rollback":
            self.auto_assign = False
        elif self.promotes_auto:
            self.auto_assign = True

    def _failed(self) -> dict[str, Any]:
        rows = [
            {"alias": {"alias": name, "deploymentId": uid}, "status": "failed"}
            for name, uid in self.served.items() if name in self.stuck
        ]  # fmt: skip
        return {"aliases": [_flat(row) for row in rows], "pagination": PAGE_END}

    # ---- objects -----------------------------------------------------------------------------

    def _project(self) -> dict[str, Any]:
        row = self.by(self.production)
        rolled = {} if self.auto_assign is None else {"autoAssignCustomDomains": self.auto_assign}
        return {
            "accountId": self.team, "alias": self._domains(),
            "crons": {"definitions": [], "deploymentId": self.production, "disabledAt": None, "enabledAt": 1, "updatedAt": 1},
            "defaultResourceConfig": {"fluid": True, "functionDefaultRegions": ["iad1"]}, "deploymentExpiration": {},
            "directoryListing": False, "env": self.variables, "id": self.id, "lastAliasRequest": self.request, "lastRollbackTarget": None,
            "live": False, "name": self.name, "nodeVersion": "22.x", "resourceConfig": {"fluid": True, "functionDefaultRegions": ["iad1"]},
            "rollingRelease": self.rolling, "targets": {"production": self._target(row)} if row else {}, **rolled,
        }  # fmt: skip

    def _domains(self) -> list[dict[str, Any]]:
        rows = [
            {"domain": name, "environment": "production", "target": "PRODUCTION", "deployment": None, "redirect": None, "gitBranch": None}
            for name in self.served
        ]  # fmt: skip
        rows.append({"domain": "www.shop.example.com", "environment": "production", "target": "PRODUCTION", "deployment": None,
                     "redirect": "shop.example.com", "redirectStatusCode": 308, "gitBranch": None})  # fmt: skip
        return rows

    def _target(self, row: dict[str, Any]) -> dict[str, Any]:
        return {
            "alias": list(self.served), "aliasAssigned": row["aliasAssigned"], "createdAt": row["created"], "createdIn": "iad1",
            "creator": _creator(),
            "deploymentHostname": row["url"].partition(".")[0], "id": row["uid"], "meta": row["meta"], "name": self.name, "plan": self.plan,
            "private": True, "readyState": row["readyState"], "target": "production", "type": "LAMBDAS", "url": row["url"],
        }  # fmt: skip

    def _deployment(self, row: dict[str, Any]) -> dict[str, Any]:
        return {
            "aliasAssigned": bool(row["aliasAssigned"]), "bootedAt": row["created"], "build": {"env": []}, "buildingAt": row["created"],
            "buildSkipped": False,
            "createdAt": row["created"], "createdIn": "iad1", "creator": {"uid": "u1", "username": "ana"}, "crons": self.crons.get(row["uid"], []),
            "env": ["STRIPE_KEY"], "id": row["uid"], "inspectorUrl": row["inspectorUrl"], "isInConcurrentBuildsQueue": False,
            "isInSystemBuildsQueue": False, "meta": row["meta"], "name": self.name, "ownerId": self.team,
            "plan": self.plan, "projectId": row["projectId"],
            "projectSettings": {"nodeVersion": "22.x"}, "public": False, "readyState": row["readyState"], "regions": ["iad1"], "routes": None,
            "status": row["readyState"], "target": row["target"], "type": "LAMBDAS", "url": row["url"],
            "version": 2, "project": {"id": row["projectId"], "name": self.name, "framework": None},
            **({"readySubstate": row["readySubstate"]} if row.get("readySubstate") else {}),
            "team": {"id": self.team, "name": "Acme", "slug": self.slug},
        }  # fmt: skip

    def _team(self) -> dict[str, Any]:
        return {"id": self.team, "slug": self.slug, "name": "Acme", "billing": {"plan": self.team_plan}, "avatar": None,
                "createdAt": 1, "creatorId": "u1", "description": None, "stagingPrefix": "", "updatedAt": 1}  # fmt: skip

    def variable(self, key: str, days_ago: float) -> None:
        made = now() - int(days_ago * DAY)
        self.variables.append({
            "id": f"env_{key}", "key": key, "value": SECRET, "type": "encrypted", "target": ["production"], "createdAt": made, "updatedAt": made,
            "securityIssues": [],
        })  # fmt: skip


PAGE_END = {"count": 1, "next": None, "prev": None}


def _creator() -> dict[str, str]:
    return {"uid": "u1", "email": "ana@example.org", "username": "ana"}


def _user(team: str) -> dict[str, Any]:
    return {"id": "u1", "email": "ana@example.org", "username": "ana", "name": "Ana", "defaultTeamId": team, "version": "northstar",
            "billing": None, "avatar": None}  # fmt: skip


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """As the list has it: the name, its deployment and how it went."""
    return {
        "alias": row["alias"]["alias"],
        "id": row["alias"]["deploymentId"],
        "status": row["status"],
    }
