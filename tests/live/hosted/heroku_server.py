"""Heroku as its clients see it: an app with releases, config vars and dynos; every answer is held against the published shape."""

from __future__ import annotations

import base64
import re
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from heroku_contract import violations
from loopback import Asked, Loopback, Reply, max_of

TOKEN = "HRKU-0f5a7c2e-not-a-real-token"
SECRET = "postgres://u:s3cret-value@db.example/shop"
GOOD, BAD, OLD = "a" * 40, "b" * 40, "0" * 40  # commits
PAGE = 200


def at(days_ago: float) -> str:
    when = datetime.now(timezone.utc) - timedelta(days=days_ago)
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def new_id() -> str:
    return str(uuid.uuid4())


class Heroku:
    """One app. A release phase takes `phase_seconds`, then ends as `phase_ends`; a dyno boots in `boot_seconds`."""

    def __init__(self, app: str = "shop") -> None:
        self.app, self.id, self.person = app, new_id(), {"id": new_id(), "email": "ana@example.org"}
        self.releases: list[dict[str, Any]] = []
        self.current: dict[str, Any] | None = None
        self.slugs: dict[str, dict[str, Any]] = {}
        self.config: dict[int, dict[str, str]] = {}
        self.addons: list[dict[str, Any]] = []
        self.attachments: list[dict[str, Any]] = []
        self.builds: list[dict[str, Any]] = []
        self.transfers: list[dict[str, Any]] = []
        self.coupling: dict[str, Any] | None = None
        self.phase_seconds, self.phase_ends, self.boot_seconds = 0.2, "succeeded", 0.1
        self.dyno_state, self.maintenance, self.quantity, self.page = "up", False, 2, PAGE
        self.released_at = 0.0
        self.started: dict[int, float] = {}
        self.logged: list[tuple[str, str]] = []  # time and the rest of each line
        self.server = Loopback(self.answer)

    # ---- what a deploy leaves ----------------------------------------------------------------

    def deploy(
        self, commit: str, days_ago: float, status: str = "succeeded", **process: str
    ) -> int:
        slug = new_id()
        self.slugs[slug] = self._slug(slug, commit, at(days_ago), process)
        return self.release(f"Deploy {commit[:8]}", slug, self.now_config(), at(days_ago), status)

    def set_config(self, days_ago: float, **variables: str) -> int:
        config = {**self.now_config(), **variables}
        names = ", ".join(variables)
        slug = self.current["slug"]["id"] if self.current and self.current["slug"] else None
        return self.release(f"Set {names} config vars", slug, config, at(days_ago))

    def attach(self, name: str, days_ago: float) -> int:
        reference = {"id": self.id, "name": self.app}
        addon = {"id": new_id(), "name": "postgresql-round-1", "app": reference}
        self.addons.append(self._addon(addon, f"{name}_URL", at(days_ago)))
        self.attachments.append(self._attachment(addon, name, at(days_ago)))
        return self.set_config(days_ago, **{f"{name}_URL": SECRET})

    def roll_back(self, version: int, days_ago: float = 0) -> int:
        row = self.by(str(version))
        assert row
        slug, config = row["slug"]["id"], self.config[version]
        return self.release(f"Rollback to v{version}", slug, dict(config), at(days_ago))

    def release(
        self,
        what: str,
        slug: str | None,
        config: dict[str, str],
        when: str,
        status: str = "succeeded",
    ) -> int:
        version = len(self.releases) + 1
        row = {
            "addon_plan_names": [],
            "artifacts": [{"type": "slug", "id": slug}] if slug else [],
            "app": {"id": self.id, "name": self.app},
            "created_at": when,
            "current": False,
            "description": what,
            "eligible_for_rollback": status == "succeeded" and slug is not None,
            "id": new_id(),
            "output_stream_url": None,
            "slug": {"id": slug} if slug else None,
            "status": status,
            "updated_at": when,
            "user": self.person,
            "version": version,
        }  # fmt: skip
        self.releases.append(row)
        self.config[version] = config
        if status == "succeeded":
            self._make_current(row)
        return version

    def _make_current(self, row: dict[str, Any]) -> None:
        if self.current:
            self.current["current"] = False
        row["current"], self.current = True, row
        self.released_at = time.monotonic()

    def repair(self) -> None:
        """The live code answers 200 from now on."""
        assert self.current
        self.slugs[self.current["slug"]["id"]].pop("bad", None)

    @property
    def live(self) -> str:
        """The version that serves, and the commit of its code."""
        assert self.current
        return f"v{self.current['version']} {self.commit()}"

    def commit(self) -> str:
        assert self.current
        return self.slugs[self.current["slug"]["id"]]["commit"]

    def now_config(self) -> dict[str, str]:
        return dict(self.config[self.current["version"]]) if self.current else {}

    def by(self, name: str) -> dict[str, Any] | None:
        return next((r for r in self.releases if name in (r["id"], str(r["version"]))), None)

    # ---- requests ----------------------------------------------------------------------------

    def answer(self, asked: Asked) -> Reply | None:
        if asked.path == "/streams/shop":
            token = "authorization" in asked.headers
            self.server.problems += ["the log's address got a token"] if token else []
            lines = [f"{when} {said}\n" for when, said in self.logged[-1500:]]
            return Reply(200, "".join(lines).encode())
        if asked.path == "/-/health":
            bad = self.slugs[self.current["slug"]["id"]].get("bad") if self.current else False
            return Reply(500 if bad else 200, {"version": self.commit()})
        if not self._allowed(asked.headers.get("authorization", "")):
            return Reply(401, {"id": "unauthorized", "message": "Invalid credentials provided."})
        self._end_phases()
        for pattern, route in self._routes().items():
            method, _, path = pattern.partition(" ")
            match = re.fullmatch(path.replace("*", "([^/]+)"), asked.path)
            if match and method == asked.method:
                return route(asked, *match.groups())
        return None

    def _routes(self) -> dict[str, Callable[..., Reply]]:
        kept = self._kept
        return {
            "GET /apps/*": lambda asked, app: self._of(app, lambda: kept("app", self._app())),
            "GET /apps/*/releases": self._list,
            "POST /apps/*/releases": self._roll_back,
            "GET /apps/*/releases/*": lambda asked, app, name: self._one("release", self.by(name)),
            "GET /apps/*/releases/*/config-vars": self._config_of,
            "GET /apps/*/config-vars": lambda asked, app: Reply(200, self.now_config()),
            "GET /apps/*/slugs/*": lambda asked, app, id: self._one("slug", self.slugs.get(id)),
            "GET /apps/*/addons": lambda asked, app: kept("add-on", self.addons),
            "GET /apps/*/addon-attachments": lambda asked, app: kept(
                "add-on-attachment", self.attachments
            ),
            "GET /client/v11/apps/*/transfers": lambda asked, app: self._of(
                app, lambda: Reply(200, self.transfers)
            ),
            "GET /apps/*/builds": lambda asked, app: kept("build", self.builds),
            "GET /apps/*/dynos": lambda asked, app: kept("dyno", self._dynos()),
            "GET /apps/*/formation": lambda asked, app: kept("formation", self._formation()),
            "POST /apps/*/log-sessions": self._log_session,
            "GET /apps/*/pipeline-couplings": lambda asked, app: self._one(
                "pipeline-coupling", self.coupling
            ),
        }

    def _log_session(self, asked: Asked, app: str) -> Reply:
        """As published: created at, id, updated at and where the lines are."""
        when, url = at(0), f"{self.server.url}/streams/{app}"
        row = {"created_at": when, "id": new_id(), "logplex_url": url, "updated_at": when}
        return self._of(app, lambda: Reply(201, row))

    def _allowed(self, header: str) -> bool:
        basic = base64.b64encode(f"ana@example.org:{TOKEN}".encode()).decode()
        return header in (f"Bearer {TOKEN}", f"Basic {basic}")

    def _of(self, app: str, answer: Callable[[], Reply]) -> Reply:
        if app in (self.app, self.id):
            return answer()
        return Reply(404, {"id": "not_found", "message": "Couldn't find that app."})

    def _kept(self, shape: str, body: Any, status: int = 200, **headers: str) -> Reply:
        """An answer as published; anything else is noted, and fails the test."""
        shown = _without_marks(body)
        self.server.problems += violations(shape, shown)
        return Reply(status, shown, headers)

    def _one(self, shape: str, row: dict[str, Any] | None) -> Reply:
        if row is None:
            return Reply(404, {"id": "not_found", "message": f"Couldn't find that {shape}."})
        return self._kept(shape, row)

    def _list(self, asked: Asked, app: str) -> Reply:
        span = asked.headers.get("range", "id ..")
        most = min(max_of(span, self.page), self.page)
        rows = sorted(self.releases, key=lambda row: row["version"], reverse="desc" in span)
        if begun := re.search(r"\](\d+)\.\.", span):
            rows = [row for row in rows if row["version"] < int(begun[1])]
        if len(rows) <= most:
            return self._kept("release", rows)
        following = f"version ]{rows[most - 1]['version']}..; max={most}, order=desc"
        return self._kept("release", rows[:most], 206, **{"next-range": following})

    def _config_of(self, asked: Asked, app: str, name: str) -> Reply:
        row = self.by(name)
        return Reply(200, self.config[row["version"]]) if row else self._one("release", None)

    def _roll_back(self, asked: Asked, app: str) -> Reply:
        row = self.by(str((asked.body or {}).get("release")))
        if row is None or not row["eligible_for_rollback"]:
            message = "That release cannot be rolled back to."
            return Reply(422, {"id": "invalid_params", "message": message})
        slug, config = row["slug"]["id"], dict(self.config[row["version"]])
        phase = "release" in self.slugs[slug]["process_types"]
        what = f"Rollback to v{row['version']}"
        version = self.release(what, slug, config, at(0), "pending" if phase else "succeeded")
        self.started[version] = time.monotonic()
        return self._kept("release", self.by(str(version)), 201)

    def _end_phases(self) -> None:
        for row in self.releases:
            begun = self.started.get(row["version"], 0)
            if row["status"] == "pending" and time.monotonic() - begun >= self.phase_seconds:
                row["status"] = self.phase_ends
                row["eligible_for_rollback"] = self.phase_ends == "succeeded"
                if self.phase_ends == "succeeded":
                    self._make_current(row)

    # ---- objects -----------------------------------------------------------------------------

    def _app(self) -> dict[str, Any]:
        named, stack = {"id": self.id, "name": "eu"}, {"id": self.id, "name": "heroku-24"}
        return {
            "acm": False, "archived_at": None, "buildpack_provided_description": None, "build_stack": stack, "created_at": at(400),
            "generation": {"id": self.id, "name": "cedar"}, "git_url": f"https://git.heroku.com/{self.app}.git", "id": self.id,
            "internal_routing": None, "maintenance": self.maintenance, "name": self.app, "organization": None, "owner": self.person,
            "region": named, "released_at": at(1), "repo_size": 0, "slug_size": 0, "space": None, "stack": stack, "team": None,
            "updated_at": at(1), "web_url": f"https://{self.app}-0123456789ab.herokuapp.com/",
        }  # fmt: skip

    def _slug(self, id: str, commit: str, when: str, process: dict[str, str]) -> dict[str, Any]:
        return {
            "blob": {"method": "GET", "url": "https://slugs.example/1.tgz"}, "buildpack_provided_description": "Python", "checksum": None,
            "commit": commit, "commit_description": None, "created_at": when, "deleted_at": None, "id": id,
            "process_types": {"web": "gunicorn shop", **process}, "size": 1, "stack": {"id": self.id, "name": "heroku-24"}, "updated_at": when,
        }  # fmt: skip

    def _addon(self, addon: dict[str, Any], variable: str, when: str) -> dict[str, Any]:
        named = {"id": new_id(), "name": "heroku-postgresql"}
        return {
            **addon, "actions": [], "addon_service": named, "billed_price": None, "billing_entity": {**named, "type": "app"},
            "config_vars": [variable], "created_at": when, "plan": named, "provider_id": "1", "provision_message": "",
            "state": "provisioned", "updated_at": when, "web_url": None,
        }  # fmt: skip

    def _attachment(self, addon: dict[str, Any], name: str, when: str) -> dict[str, Any]:
        return {
            "addon": addon, "app": {"id": self.id, "name": self.app}, "created_at": when, "id": new_id(), "log_input_url": None,
            "name": name, "namespace": None, "updated_at": when, "web_url": None,
        }  # fmt: skip

    def back_up(self, days_ago: float, succeeded: bool = True) -> None:
        """A backup of Heroku Postgres, as the data API lists it."""
        when, number = (
            at(days_ago).replace("T", " ").replace("Z", " +0000"),
            len(self.transfers) + 1,
        )
        self.transfers.append({
            "canceled_at": None, "created_at": when, "deleted_at": None, "finished_at": when, "from_name": "DATABASE", "from_type": "pg_dump",
            "num": number, "options": {}, "processed_bytes": 7, "purged_at": None, "schedule": None, "source_bytes": 9, "started_at": when,
            "succeeded": succeeded, "to_name": "BACKUP", "to_type": "gof3r", "updated_at": when, "uuid": new_id(), "warnings": 0,
        })  # fmt: skip

    def couple(self, stage: str) -> None:
        self.coupling = {
            "app": {"id": self.id}, "created_at": at(100), "id": new_id(), "pipeline": {"id": new_id()}, "stage": stage, "updated_at": at(100),
        }  # fmt: skip

    def build(self, status: str) -> None:
        self.builds.append({
            "app": {"id": self.id}, "buildpacks": None, "created_at": at(0), "generation": "cedar", "id": new_id(),
            "output_stream_url": "https://build-output.example/1", "release": None, "slug": None,
            "source_blob": {"checksum": None, "url": "https://sources.example/1", "version": None, "version_description": None},
            "stack": "heroku-24", "status": status, "updated_at": at(0), "user": self.person,
        })  # fmt: skip

    def _formation(self) -> list[dict[str, Any]]:
        return [{
            "app": {"id": self.id, "name": self.app}, "command": "gunicorn shop", "created_at": at(400),
            "dyno_size": {"id": self.id, "name": "basic"}, "id": self.id, "quantity": self.quantity, "size": "Basic", "type": "web",
            "updated_at": at(400),
        }]  # fmt: skip

    def _dynos(self) -> list[dict[str, Any]]:
        assert self.current
        booted = time.monotonic() - self.released_at >= self.boot_seconds
        release = {"id": self.current["id"], "version": self.current["version"]}
        return [{
            "app": {"id": self.id, "name": self.app}, "attach_url": None, "command": "gunicorn shop", "created_at": at(0), "id": new_id(),
            "name": f"web.{number}", "release": release, "size": "Basic", "state": self.dyno_state if booted else "starting", "type": "web",
            "updated_at": at(0),
        } for number in range(1, self.quantity + 1)]  # fmt: skip


def _without_marks(body: Any) -> Any:
    """Without what only this server knows, such as that a slug answers 500."""
    if isinstance(body, list):
        return list(map(_without_marks, body))
    return {name: value for name, value in body.items() if name != "bad"}
