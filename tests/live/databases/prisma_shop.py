"""A shop whose migrations are Prisma's: a schema per release, and migration.sql files."""

from __future__ import annotations

from native_site import TOOLS, NativeSite

CONFIG = """\
import { defineConfig } from "prisma/config";
const whole = process.env.SHOP_URL!.match(/\\/\\/([^:]+):([^@]*)@([^/]*)\\/(.*)/)!;
const url = `postgresql://${whole[1]}:${whole[2]}@localhost/${whole[4]}?host=${whole[3]}`;
export default defineConfig({
  schema: "prisma/schema.prisma",
  migrations: { path: "prisma/migrations" },
  datasource: { url },
});
"""
CONFIG_6 = """\
import { defineConfig } from "prisma/config";
import { PrismaPg } from "@prisma/adapter-pg";
const whole = process.env.SHOP_URL!.match(/\\/\\/([^:]+):([^@]*)@([^/]*)\\/(.*)/)!;
const [user, password, host, database] = whole.slice(1).map(decodeURIComponent);
export default defineConfig({
  engine: "js",
  experimental: { adapter: true },
  schema: "prisma/schema.prisma",
  adapter: async () => new PrismaPg({ host, user, password, database }),
});
"""
SCHEMA = """\
datasource db {{
  provider = "postgresql"
{url}}}
model Order {{
{fields}
}}
{more}
"""
ID = "  id Int @id @default(autoincrement())"
LEGACY, NOTE, CHANNEL = "  legacy String?", "  note String?", "  channel String?"


class PrismaShop(NativeSite):
    """`major` is Prisma's version."""

    major = 7

    @property
    def run(self) -> list[str]:
        engine = "prisma7/prisma_engine.mjs" if self.major == 7 else "prisma6/no-engine"
        words = [f"PRISMA_SCHEMA_ENGINE_BINARY={TOOLS / engine}", "CHECKPOINT_DISABLE=1"]
        if self.major == 6:
            words.append(f"PRISMA_QUERY_ENGINE_LIBRARY={TOOLS / engine}")
        return ["env", *words]

    def schema(self, *fields: str, more: str = "") -> None:
        url = '  url = env("SHOP_URL")\n' if self.major == 6 else ""
        text = SCHEMA.format(url=url, fields="\n".join((ID, *fields)), more=more)
        self.put("prisma/schema.prisma", text)

    def migration(self, name: str, up: str, down: str = "") -> None:
        self.put(f"prisma/migrations/{name}/migration.sql", up)
        if down:
            self.put(f"prisma/migrations/{name}/down.sql", down)

    def begin(self) -> None:
        """Two good releases and two orders."""
        self.modules = f"prisma{self.major}/node_modules"
        self.put("package.json", '{"dependencies": {"prisma": "*"}}')
        self.put("prisma.config.ts", CONFIG if self.major == 7 else CONFIG_6)
        self.put("prisma/migrations/migration_lock.toml", 'provider = "postgresql"\n')
        self.schema(LEGACY, NOTE)
        self.migration("20261101000000_orders", ORDERS)
        self.first_release("v1.0", 20, *self.run, "prisma", "migrate", "deploy")
        self.release("v1.1", 9)
        self.sql("INSERT INTO \"Order\" (legacy, note) VALUES ('a', 'x'), ('b', 'y')")
        self.configure(run=self.run)

    def deploy(self, version: str, days: float, broken: bool = False) -> None:
        words = (*self.run, "prisma", "migrate", "deploy")
        self.release(version, days, *words, broken=broken)

    def applied(self) -> list[str]:
        where = "finished_at IS NOT NULL AND rolled_back_at IS NULL"
        query = f"SELECT migration_name FROM _prisma_migrations WHERE {where} ORDER BY 1"
        return self.sql(query).split()

    def columns(self, table: str = "Order") -> set[str]:
        query = "SELECT column_name FROM information_schema.columns WHERE table_name = '{}'"
        return set(self.sql(query.format(table)).split())


ORDERS = """\
CREATE TABLE "Order" ("id" SERIAL NOT NULL, "legacy" TEXT, "note" TEXT,
  CONSTRAINT "Order_pkey" PRIMARY KEY ("id"));
"""
ADD_CHANNEL = 'ALTER TABLE "Order" ADD COLUMN "channel" TEXT;\n'
DROP_LEGACY = 'ALTER TABLE "Order" DROP COLUMN "legacy";\n'
