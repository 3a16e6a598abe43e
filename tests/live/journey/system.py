"""The system: release folders, Compose with Django on PostgreSQL, OpenTofu; one repository, one environment."""

from __future__ import annotations

import json
import os
import pwd
from pathlib import Path
from typing import Any

from compose_shop import Shop
from django_shop import CHANNEL, LEGACY, MANAGE, ORDERS, SETTINGS
from test_database import PASSWORD, SERVER, URL, ready, sql
from test_native import APP, NEW, OLD, WEB, applied, columns, deploy, migrate, migration

from tests.live.infrastructure.tofu_site import BED as TOFU
from tests.live.infrastructure.tofu_site import TofuSite
from tests.parts import MIGRATION_TOOLS

FILES = (".env", "docker-compose.yml")
POSTGRESQL = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


def missing() -> str:
    """What this machine lacks, "" for nothing."""
    if not POSTGRESQL or not (MIGRATION_TOOLS / "python/bin/django-admin").exists():
        return "needs beds: postgresql.sh install, migration_tools.sh install"
    return "" if (TOFU / "tofu").exists() else "tofu is not built: tests/live/beds/opentofu.sh install"  # fmt: skip


class System(TofuSite):
    """`shop` is the API with its database; the rest of the site is the front end."""

    def __init__(self, shop: Shop, root: Path) -> None:
        super().__init__(root / "front")
        self.shop, self.project, self.infra = shop, shop.root, shop.root / "infra"
        self.infra.mkdir()
        mine = {key: self.environment[key] for key in ("PATH", "TF_CLI_CONFIG_FILE")}
        self.environment = {**shop.engine.environment, **mine, "SHOP_URL": URL}
        self.environment["CHECKPOINT_DISABLE"] = "1"

    def released(self) -> None:
        self._files()
        self._release("v2", 9)
        self.script("history", "production", "--record", "--verdict", "good")
        ready(self.shop)
        quoted = PASSWORD.replace("'", "''")
        sql(self.shop, f"CREATE ROLE shop LOGIN PASSWORD '{quoted}'", "postgres", "postgres")
        sql(self.shop, "CREATE DATABASE shop OWNER shop", "postgres", "postgres")
        migrate(self.shop)
        sql(self.shop, "INSERT INTO shop_order (legacy, note) VALUES ('a', '')")
        migration(self.shop, "0002_channel", CHANNEL, '("shop", "0001_initial")')
        migration(self.shop, "0003_legacy", LEGACY, '("shop", "0002_channel")')
        self.shop.write("columns.json", NEW)
        file = (self.project / "docker-compose.yml").read_text()
        self.shop.write("docker-compose.yml", file.replace("COLOR:-red", "COLOR:-blue"))
        self._release("v3", 1, broken=True)
        migrate(self.shop)

    def serving(self) -> dict[str, Any]:
        """What each part serves, or holds."""
        return {
            "front end": self.answer()[1],
            "api": self.shop.answer()[1],
            "files": [(self.project / name).read_text() for name in FILES],
            "migrations": applied(self.shop),
            "columns": columns(self.shop),
            "infrastructure": self.objects(),
        }

    def plan(self, *words: str, check: int | None = 0) -> Any:
        return self.script("plan", "production", *words, check=check)

    def remove(self) -> None:
        self.stop()
        self.shop.remove()

    def _release(self, version: str, days_ago: float, broken: bool = False) -> None:
        self.describe(self.file("app", version) + (self.file("extra", version) if broken else ""))
        self.tool("init", "-input=false")
        self.tool("apply", "-auto-approve", "-input=false")
        deploy(self.shop, version)  # commits and tags all of it
        self.link(self.build(version, days_ago, broken=broken))
        self.serve()

    def _files(self) -> None:
        shop = self.shop
        account = pwd.getpwnam("postgres")
        python = Path(os.path.realpath(MIGRATION_TOOLS / "python/bin/python3")).parents[1]
        web = WEB.format(python=python, bed=MIGRATION_TOOLS / "python")
        server = SERVER.format(bin=POSTGRESQL[-1], user=f"{account.pw_uid}:{account.pw_gid}")
        text = (shop.root / "docker-compose.yml").read_text()
        text = text.replace("    image: shop:${TAG}\n", web).partition("    image: db:1\n")[0]
        path = f"{MIGRATION_TOOLS}/python/bin:/usr/bin:/bin"
        variables = f"    environment:\n      PATH: {path}\n      SHOP_URL: {URL!r}\n      COLOR"
        text = text.replace("    environment:\n      COLOR", variables, 1)
        shop.write("docker-compose.yml", text + server)
        shop.write(".gitignore", ".terraform/\n")
        code = {"manage.py": MANAGE, "site_settings.py": SETTINGS, "app.py": APP}
        for name, content in {**code, "columns.json": OLD}.items():
            shop.write(name, content)
        for app in ("shop", "billing"):
            shop.write(f"{app}/__init__.py", "")
            shop.write(f"{app}/migrations/__init__.py", "")
        migration(shop, "0001_initial", ORDERS, "")
        shop.write(".claude/deployment-rollback.yml", json.dumps(self._settings()))

    def _settings(self) -> dict[str, Any]:
        """Committed: the standing decision of a person that this environment may run unattended."""
        restart = ["sh", "./restart", str(self.seen / "server.pid"), str(self.port)]
        front = {
            "name": "front",
            "release-folders": {"path": str(self.seen), "restart": restart},
            "health": [_check(f"http://127.0.0.1:{self.port}/health")],
        }
        api = {
            "name": "api",
            "after": ["front"],
            "compose": {"directory": "."},
            "database": {"url": "SHOP_URL"},
            "health": [_check(f"http://127.0.0.1:{self.shop.port}/health")],
        }
        cloud = {"name": "cloud", "after": ["api"], "infrastructure": {"directory": "infra"}}
        environment = {"unattended": True, "components": [front, api, cloud]}
        return {"environments": {"production": environment}}


def _check(url: str) -> dict[str, Any]:
    return {"url": url, "version_key": "version", "timeout": 10}
