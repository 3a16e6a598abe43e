"""A shop whose migrations are Drizzle Kit's: it writes them from a schema, and has no downs."""

from __future__ import annotations

import json
import subprocess

from native_site import TOOLS, NativeSite

CONFIG = """\
const whole = process.env.SHOP_URL.match(/:(?:\\/\\/([^:]+):([^@]*)@([^/]*)\\/)?(.*)/);
const [user, password, host, database] = whole.slice(1).map((part) => part && decodeURIComponent(part));
module.exports = host
  ? { dialect: "postgresql", schema: "./schema.js", out: "./drizzle", dbCredentials: { user, password, host, database, ssl: false } }
  : { dialect: "sqlite", schema: "./schema.js", out: "./drizzle", dbCredentials: { url: `file:${database}` } };
"""
SCHEMA = """\
const core = require("drizzle-orm/{dialect}-core");
const table = core.{table}, text = core.text;
{first}
exports.orders = table("orders", {{ id: core.{id}("id").primaryKey(), {columns} }});
"""


class DrizzleShop(NativeSite):
    modules = "drizzle/node_modules"

    def schema(self, *columns: str, first: str = "") -> None:
        """Write the schema; a column is a name, or a name and a type."""
        sqlite = self.url.startswith("sqlite")
        words = ("sqlite", "sqliteTable", "integer") if sqlite else ("pg", "pgTable", "serial")
        fields = ", ".join(it if ":" in it else f'{it}: text("{it}")' for it in columns)
        known = dict(zip(("dialect", "table", "id"), words, strict=True))
        self.put("schema.js", SCHEMA.format(**known, columns=fields, first=first))

    def generate(self, name: str, *words: str) -> str:
        """Let Drizzle Kit write a migration; return its id, as plans name it."""
        done = subprocess.run(
            ["node_modules/.bin/drizzle-kit", "generate", "--name", name, *words],
            cwd=self.project,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        journal = json.loads((self.project / "drizzle/meta/_journal.json").read_text())
        last = journal["entries"][-1]
        return f"{last['tag']} ({last['when']})"

    def begin(self) -> None:
        """Two good releases and two orders."""
        self.put("package.json", '{"dependencies": {"drizzle-orm": "*"}}')
        self.put("drizzle.config.js", CONFIG)
        self.put(".gitignore", "node_modules\n")
        (self.project / "node_modules").symlink_to(TOOLS / self.modules)
        self.schema("legacy", "note")
        self.generate("orders")
        self.first_release("v1.0", 20, "drizzle-kit", "migrate")
        self.release("v1.1", 9)
        self.sql("INSERT INTO orders (legacy, note) VALUES ('a', 'x'), ('b', 'y'); SELECT 1")
        self.configure()

    def deploy(self, version: str, days: float, broken: bool = False) -> None:
        self.release(version, days, "drizzle-kit", "migrate", broken=broken)
