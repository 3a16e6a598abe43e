"""Netlify as its clients see it: a site and its deploys. Every answer is held against the vendor's own Swagger file."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from loopback import Asked, Loopback, Reply
from swagger import Swagger

TOKEN = "nfp_0f5a7c2e-not-a-real-token"
HOOK = "https://api.netlify.com/build_hooks/s3cret-hook"
VALUE = "sk-not-shown"
GOOD, BAD, OLD = "a" * 40, "b" * 40, "0" * 40  # commits


def at(days_ago: float) -> str:
    when = datetime.now(timezone.utc) - timedelta(days=days_ago)
    return when.strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond // 1000:03}Z"


class Netlify:
    """One site of one team.

    What no document says is a switch: does a lock move on when something is published (`carries`),
    and does a restored deploy get a new time of publication (`stamps`)?
    """

    def __init__(self, swagger: Swagger, name: str = "shop") -> None:
        self.swagger, self.name = swagger, name
        self.id, self.account, self.user = str(uuid.uuid4()), "5f0000000000000000000001", "5f01"
        self.rows: list[dict[str, Any]] = []  # oldest first
        self.published: dict[str, Any] | None = None
        self.pages: dict[
            str, tuple[int, str]
        ] = {}  # of a deploy: status and text of its front page
        self.variables: list[dict[str, Any]] = []
        self.splits: list[dict[str, Any]] = []
        self.deleted: set[str] = set()
        self.carries, self.stamps, self.page = False, True, 100
        self.forbidden: tuple[str, ...] = ()  # paths for which this token has no right
        self.server = Loopback(self.answer)

    # ---- what builds and people leave --------------------------------------------------------

    def deploy(self, commit: str | None, days_ago: float, **facts: Any) -> dict[str, Any]:
        """A build of production; published, unless it failed, the site is locked, or `facts` say otherwise."""
        row = self._row(commit, at(days_ago), facts)
        self.rows.append(row)
        self.pages[row["id"]] = (200, f"page of {commit}")
        locked = self.published is not None and self.published["locked"]
        if row["state"] == "ready" and row["context"] == "production" and not locked:
            self.publish(row, at(days_ago))
        return row

    def publish(self, row: dict[str, Any], when: str) -> None:
        locked = bool(self.published and self.published["locked"])
        if self.published and self.carries:
            self.published["locked"] = False
        if row["published_at"] is None or self.stamps:
            row["published_at"] = when
        row["locked"] = row["locked"] or (locked and self.carries)
        self.published = row

    def delete(self, row: dict[str, Any]) -> None:
        """What the site's retention does to old deploys: the list keeps the row, the files are gone."""
        self.deleted.add(row["id"])
        self.pages[row["id"]] = (404, "Not Found")

    def lock(self) -> None:
        assert self.published
        self.published["locked"] = True

    def set_variable(self, key: str, days_ago: float) -> None:
        value = {"id": "1", "value": VALUE, "context": "all"}
        row = {"key": key, "scopes": ["builds", "functions"], "values": [value]}
        self.variables.append({**row, "is_secret": False, "updated_at": at(days_ago)})

    def split(self, *branches: str) -> None:
        rows = [{"branch": branch, "percentage": 50} for branch in branches]
        self.splits.append({"id": "1", "site_id": self.id, "name": "new look", "path": "/", "branches": rows, "active": True})  # fmt: skip

    def repair(self) -> None:
        """What is published now has a front page."""
        assert self.published
        self.pages[self.published["id"]] = (200, "repaired")

    def row(self, id: str) -> dict[str, Any] | None:
        return next((row for row in self.rows if row["id"] == id), None)

    @property
    def live(self) -> str:
        """The commit that is published, and whether the site is locked to it."""
        assert self.published
        return f"{self.published['commit_ref']} {'locked' if self.published['locked'] else 'open'}"

    # ---- requests ----------------------------------------------------------------------------

    def answer(self, asked: Asked) -> Reply | None:
        if asked.path.startswith("/-/"):
            return self._page(asked.path.removeprefix("/-/"))
        path = asked.path.removeprefix("/api/v1")
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return Reply(401, {"code": 401, "message": "Access Denied"})
        if any(word in path for word in self.forbidden):
            return Reply(403, {"code": 403, "message": "Forbidden"})
        for pattern, route in self._routes().items():
            method, _, template = pattern.partition(" ")
            match = re.fullmatch(template.replace("*", "([^/]+)"), path)
            if match and method == asked.method:
                return self._kept(asked, path, route(asked, *match.groups()))
        return None

    def _routes(self) -> dict[str, Callable[..., Reply]]:
        return {
            "GET /sites": lambda asked: Reply(200, [self.site()]),
            "GET /sites/*": self._of_site(lambda asked: Reply(200, self.site())),
            "GET /sites/*/deploys": self._of_site(self._list),
            "POST /sites/*/deploys/*/restore": self._of_site(self._restore),
            "PUT /sites/*/rollback": self._of_site(self._roll_back),
            "GET /sites/*/build_hooks": self._of_site(lambda asked: Reply(200, self._hooks())),
            "GET /sites/*/traffic_splits": self._of_site(lambda asked: Reply(200, self.splits)),
            "GET /deploys/*": self._of_deploy(lambda row: Reply(200, row)),
            "POST /deploys/*/lock": self._of_deploy(lambda row: self._locked(row, True)),
            "POST /deploys/*/unlock": self._of_deploy(lambda row: self._locked(row, False)),
            "POST /deploys/*/cancel": self._of_deploy(self._cancel),
            "GET /accounts/*/env": lambda asked, account: Reply(200, self.variables),
            "GET /accounts": lambda asked: Reply(200, [{"id": self.account, "name": "Shop Ltd", "slug": "shop-ltd"}]),
        }  # fmt: skip

    def _kept(self, asked: Asked, path: str, reply: Reply) -> Reply:
        """An answer as published; anything else is noted, and fails the test."""
        problems = self.swagger.violations(asked.method, path, reply.status, reply.body)
        self.server.problems += problems
        return reply

    def _of_site(self, answer: Callable[..., Reply]) -> Callable[..., Reply]:
        def route(asked: Asked, site: str, *words: str) -> Reply:
            if site not in (self.id, f"{self.name}.netlify.app"):
                return Reply(404, {"code": 404, "message": "Not Found"})
            return answer(asked, *words)

        return route

    def _of_deploy(self, answer: Callable[[dict[str, Any]], Reply]) -> Callable[..., Reply]:
        def route(asked: Asked, id: str) -> Reply:
            row = self.row(id)
            return answer(row) if row else Reply(404, {"code": 404, "message": "Not Found"})

        return route

    def _list(self, asked: Asked) -> Reply:
        page, size = int(asked.query.get("page", 1)), int(asked.query.get("per_page", self.page))
        size = min(size, self.page)
        own = [row for row in self.rows if row["site_id"] == self.id]
        rows = sorted(own, key=lambda row: row["created_at"], reverse=True)
        shown = rows[(page - 1) * size : page * size]
        last = max(-(-len(rows) // size), 1)
        link = f"<{self.server.url}/api/v1/sites/{self.id}/deploys?page={{}}&per_page={size}>; rel={{}}"
        links = [link.format(last, "last")] + [link.format(page + 1, "next")] * (page < last)
        return Reply(200, shown, {"link": ", ".join(links)})

    def _restore(self, asked: Asked, id: str) -> Reply:
        row = self.row(id)
        if row is None:
            return Reply(404, {"code": 404, "message": "Not Found"})
        if row["state"] not in ("ready", "old") or id in self.deleted:
            return Reply(422, {"code": 422, "message": "This deploy cannot be published"})
        self.publish(row, at(0))
        return Reply(201, row)

    def _roll_back(self, asked: Asked) -> Reply:
        """As far as its documents go: what was published before; the vendor does not say more."""
        assert self.published
        until = self.published["published_at"]
        earlier = [row for row in self.rows if row["context"] == "production" and row["published_at"] and row["published_at"] < until]  # fmt: skip
        self.publish(max(earlier, key=lambda row: row["published_at"]), at(0))
        return Reply(204, None)

    def _locked(self, row: dict[str, Any], locked: bool) -> Reply:
        row["locked"] = locked
        return Reply(200, row)

    def _cancel(self, row: dict[str, Any]) -> Reply:
        row.update(state="error", error_message="Canceled build")
        return Reply(201, row)

    def _page(self, name: str) -> Reply:
        live = self.published or {"id": "", "commit_ref": None}
        if name == "health":
            status, _ = self.pages.get(live["id"], (404, ""))
            return Reply(status, {"version": live["commit_ref"]})
        status, text = self.pages.get(live["id"] if name == "site" else name, (404, "Not Found"))
        headers = {"location": text} if 300 <= status < 400 else {}
        return Reply(status, text, headers)

    # ---- objects -----------------------------------------------------------------------------

    def site(self) -> dict[str, Any]:
        address = f"{self.server.url}/-/site"
        return {
            "id": self.id, "state": "current", "plan": "nf_team_dev", "name": self.name, "custom_domain": None, "domain_aliases": [],
            "password": None, "notification_email": None, "url": address, "ssl_url": address, "admin_url": "https://app.netlify.com/sites/shop",
            "screenshot_url": None, "created_at": at(400), "updated_at": at(0), "user_id": self.user, "ssl": True, "force_ssl": True,
            "managed_dns": False, "deploy_url": address, "published_deploy": self.published, "account_id": self.account,
            "account_name": "Shop Ltd", "account_slug": "shop-ltd", "build_settings": {"stop_builds": False, "repo_branch": "main"},
        }  # fmt: skip

    def _row(self, commit: str | None, when: str, facts: dict[str, Any]) -> dict[str, Any]:
        id = uuid.uuid4().hex[:24]
        address = f"{self.server.url}/-/{id}"
        return {
            "id": id, "site_id": self.id, "user_id": self.user, "build_id": None, "state": "ready", "name": self.name, "url": address,
            "ssl_url": address, "admin_url": "https://app.netlify.com/sites/shop", "deploy_url": address, "deploy_ssl_url": address,
            "screenshot_url": None, "review_id": None, "draft": False, "required": [], "required_functions": None, "error_message": None,
            "branch": "main", "commit_ref": commit, "commit_url": None, "skipped": None, "created_at": when, "updated_at": when,
            "published_at": None, "title": f"Change {(commit or id)[:4]}", "context": "production", "locked": None, "review_url": None,
            "framework": "astro", "function_schedules": [], **facts,
        }  # fmt: skip

    def _hooks(self) -> list[dict[str, Any]]:
        return [{"id": "1", "title": "CMS", "branch": "main", "url": HOOK, "site_id": self.id, "created_at": at(300)}]  # fmt: skip
