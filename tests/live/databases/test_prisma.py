"""Prisma has no downs: they are computed from the two schemas, or written by a person."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import PASSWORD, Server
from database_site import secrets_in
from folders_site import kill_at
from native_site import TOOLS
from prisma_shop import ADD_CHANNEL, CHANNEL, DROP_LEGACY, LEGACY, NOTE, PrismaShop

FIRST = "20261101000000_orders"
SECOND, THIRD = "20261102000000_channel", "20261103000000_legacy"


@pytest.fixture
def site(request: pytest.FixtureRequest, server: Server, tmp_path: Path) -> Iterator[PrismaShop]:
    if not (TOOLS / "prisma6/no-engine").exists():
        pytest.skip("needs tests/live/beds/migration_tools.sh install")
    server.create("shop")
    made = PrismaShop(
        tmp_path, server.url("shop"), lambda text: server.sql(f"SET ROLE shop; {text}", "shop")
    )
    made.store = server
    made.major = getattr(request, "param", 7)
    made.begin()
    yield made
    made.stop()


def two_migrations(site: PrismaShop) -> None:
    site.schema(NOTE, CHANNEL)
    site.migration(SECOND, ADD_CHANNEL)
    site.migration(THIRD, DROP_LEGACY)
    site.deploy("v1.2", 2, broken=True)
    site.serve()


@pytest.mark.parametrize("site", [7, 6], ids=["prisma-7", "prisma-6"], indirect=True)
def test_both_go_back_in_one_transaction_and_forward_again(site):
    two_migrations(site)
    assert site.columns() == {"id", "note", "channel"}
    plan = site.plan("--with-db")
    assert "computed-down" in site.codes(plan, "warning")
    (database,) = plan["databases"]
    assert [row["id"] for row in database["migrations"]] == [THIRD, SECOND]
    script = next((Path(plan["run"]) / "state").rglob("*.down.sql")).read_text()
    assert 'DROP COLUMN "channel"' in script and 'ADD COLUMN     "legacy" TEXT' in script
    done = site.execute(plan)
    assert (done["outcome"], done["exit"]) == ("done", 0), done
    assert (site.applied(), site.columns()) == ([FIRST], {"id", "legacy", "note"})
    assert site.answer() == (200, "v1.1")
    back = site.restore(plan, check=None)
    assert back["outcome"] == "restored", back
    assert (site.applied(), site.columns()) == ([FIRST, SECOND, THIRD], {"id", "note", "channel"})
    assert secrets_in(Path(plan["run"]), PASSWORD) == []


def test_the_loss_of_a_computed_down_is_counted_and_needs_a_yes(site):
    site.schema(LEGACY, NOTE, CHANNEL)
    site.migration(SECOND, ADD_CHANNEL)
    site.deploy("v1.2", 2, broken=True)
    site.serve()
    site.sql("UPDATE \"Order\" SET channel = 'web' WHERE legacy = 'a'")
    plan = site.plan("--with-db", check=6)
    assert site.codes(plan) == ["loses-data"]
    assert "Order.channel: 1 values" in str(plan["findings"])
    accepted = site.plan("--with-db", "--accept-loss")
    assert accepted["databases"][0]["order"] == "after-app"
    assert site.execute(accepted)["exit"] == 0
    assert (site.applied(), site.columns()) == ([FIRST], {"id", "legacy", "note"})


RENAME = 'ALTER TABLE "Order" RENAME COLUMN "note" TO "remark";'
FUNCTION = "CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql AS 'SELECT n * 2';"
PARTIAL = 'CREATE INDEX "paid" ON "Order" ("note") WHERE "note" IS NOT NULL;'
CASES = {
    "a rename": (RENAME, "the schemas do not show that Order.note becomes remark"),
    "a function": (FUNCTION, "the schemas do not show the function twice"),
    "an index of its own": (PARTIAL, "it makes index paid, which the newer schema does not have"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_the_schemas_do_not_show_blocks_until_a_down_is_written(site, case):
    more, message = CASES[case]
    name = "  remark String?" if case == "a rename" else NOTE
    site.schema(name, CHANNEL)
    site.migration(SECOND, ADD_CHANNEL)
    site.migration(THIRD, DROP_LEGACY + more)
    site.deploy("v1.2", 2, broken=True)
    newest = (site.applied(), site.columns())
    plan = site.plan("--with-db", check=6)
    (finding,) = [it for it in plan["findings"] if it["code"] == "irreversible-migration"]
    assert THIRD in finding["message"] and message in finding["message"]
    assert "down.sql" in finding["message"]
    assert (site.applied(), site.columns()) == newest


def test_a_table_and_a_column_made_by_hand_are_not_dropped(site):
    site.sql('CREATE TABLE "Audit" (id int PRIMARY KEY); ALTER TABLE "Order" ADD byhand text')
    site.schema(LEGACY, NOTE, CHANNEL, "  byhand String?", more="model Audit {\n  id Int @id\n}")
    site.migration(SECOND, ADD_CHANNEL)
    site.deploy("v1.2", 2, broken=True)
    plan = site.plan("--with-db", check=6)
    (finding,) = [it for it in plan["findings"] if it["code"] == "irreversible-migration"]
    assert "the down drops column Order byhand, which no migration" in finding["message"]


def test_rows_that_a_migration_wrote_are_told_as_loss(site):
    site.schema(LEGACY, NOTE, CHANNEL)
    fill = 'UPDATE "Order" SET "channel" = \'web\'; UPDATE "Order" SET "note" = \'z\';'
    site.migration(SECOND, ADD_CHANNEL + fill)
    site.deploy("v1.2", 2, broken=True)
    plan = site.plan("--with-db", check=6)
    (finding,) = [it for it in plan["findings"] if it["code"] == "loses-data"]
    assert f"not counted: {SECOND}: update on Order, which stays" in finding["message"]
    assert "Order.channel: 2 values" in finding["message"]


def test_a_restore_does_not_change_rows_a_second_time(site):
    site.schema(LEGACY, NOTE, CHANNEL)
    own = 'UPDATE "Order" SET "note" = "note" || \'!\', "legacy" = \'z\';'
    site.migration(SECOND, ADD_CHANNEL + own + 'UPDATE "Order" SET "channel" = "note";')
    site.deploy("v1.2", 2, broken=True)
    site.serve()
    plan = site.plan("--with-db", "--accept-loss")
    assert site.execute(plan)["exit"] == 0
    assert site.restore(plan, check=None)["outcome"] == "restored"
    query = "SELECT string_agg(note || channel, ' ' ORDER BY note) FROM \"Order\""
    assert site.sql(query) == "x!x! y!y!"


def test_a_down_that_a_person_wrote_goes_before_a_computed_one(site):
    site.schema("  remark String?", LEGACY)
    site.migration(SECOND, RENAME)
    site.deploy("v1.2", 2, broken=True)
    site.serve()
    assert "irreversible-migration" in site.codes(site.plan("--with-db", check=6))
    down = 'BEGIN;\nALTER TABLE "Order" RENAME COLUMN "remark" TO "note";\nCOMMIT;\n'
    site.put(f"prisma/migrations/{SECOND}/down.sql", down)
    plan = site.plan("--with-db")
    (database,) = plan["databases"]
    assert database["migrations"][0]["reversal"] == "per-file"
    assert f"in this folder: prisma/migrations/{SECOND}/down.sql" in str(plan["findings"])
    assert site.execute(plan)["exit"] == 0
    assert (site.applied(), site.columns()) == ([FIRST], {"id", "legacy", "note"})
    assert sorted(site.sql('SELECT note FROM "Order"').split()) == ["x", "y"]
    assert site.restore(plan, check=None)["outcome"] == "restored"
    assert site.columns() == {"id", "legacy", "remark"}


VALUES = 'SELECT enum_range(NULL::"State")'
RICH = """\
  state State @default(NEW)
  refunds Refund[]
  @@index([note])"""
MODELS = """\
enum State {
  NEW
  PAID
}
model Refund {
  id Int @id
  order Order @relation(fields: [orderId], references: [id])
  orderId Int
}"""
RICH_SQL = """\
CREATE TYPE "State" AS ENUM ('NEW', 'PAID');
ALTER TABLE "Order" ADD COLUMN "state" "State" NOT NULL DEFAULT 'NEW';
CREATE TABLE "Refund" ("id" INTEGER NOT NULL, "orderId" INTEGER NOT NULL,
  CONSTRAINT "Refund_pkey" PRIMARY KEY ("id"));
CREATE INDEX "Order_note_idx" ON "Order"("note");
ALTER TABLE "Refund" ADD CONSTRAINT "Refund_orderId_fkey" FOREIGN KEY ("orderId")
  REFERENCES "Order"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
"""


def test_tables_enums_indexes_and_keys_go_back_and_a_killed_run_goes_on(site):
    site.schema(LEGACY, NOTE, RICH, more=MODELS)
    site.migration(SECOND, RICH_SQL)
    site.deploy("v1.2", 2, broken=True)
    site.schema(LEGACY, NOTE, RICH, more=MODELS.replace("PAID", "PAID\n  GONE"))
    site.migration(THIRD, "ALTER TYPE \"State\" ADD VALUE 'GONE';")
    site.deploy("v1.3", 1, broken=True)
    site.serve()
    fewer = site.plan("v1.2", "--with-db", "--accept-loss")
    site.execute(fewer, check=7)
    assert site.sql(VALUES) == "{NEW,PAID}", "an enum is made anew in a transaction of Prisma's"
    assert site.restore(fewer, check=None)["outcome"] == "restored"
    plan = site.plan("v1.1", "--with-db", "--accept-loss")
    for lines in (3, 1):
        kill_at(site, "execute", plan, lines)
        assert site.applied() in ([FIRST], [FIRST, SECOND, THIRD]), "both rows or none"
    end = time.monotonic() + 30
    while (done := site.execute(plan, check=None))["exit"] == 9:
        assert time.monotonic() < end, done
        time.sleep(0.2)
    assert done["exit"] == 0, done
    assert (site.applied(), site.columns("Refund")) == ([FIRST], set())
    assert site.sql("SELECT count(*) FROM pg_type WHERE typname = 'State'") == "0"
    assert site.restore(plan, check=None)["outcome"] == "restored"
    assert site.applied() == [FIRST, SECOND, THIRD]
    assert site.sql(VALUES) == "{NEW,PAID,GONE}"


def test_a_migration_that_failed_is_named_and_without_the_tool_a_down_has_to_be_written(site):
    two_migrations(site)
    ended = "UPDATE _prisma_migrations SET finished_at = {} WHERE migration_name = '{}'"
    site.sql(ended.format("NULL", THIRD))
    plan = site.plan("--with-db", check=6)
    (finding,) = [it for it in plan["findings"] if it["code"] == "dirty-migration"]
    assert THIRD in finding["message"]
    site.sql(ended.format("now()", THIRD))
    (site.files / "releases" / site.current() / "node_modules").unlink()
    plan = site.plan("--with-db", check=6)
    (finding,) = [it for it in plan["findings"] if it["code"] == "tool-failed"]
    assert "beside it: down.sql" in finding["fix"]
