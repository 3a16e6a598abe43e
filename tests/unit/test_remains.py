"""A primary key that goes leaves its columns NOT NULL, and the plan says so."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from rollback.flow import reversal_findings
from rollback.reversal.change import Change
from rollback.reversal.files import Sql
from rollback.reversal.remains import still_not_null
from rollback.verdicts import dialect

ADD = "ALTER TABLE orders ADD PRIMARY KEY (id, shop);"
NAMED = "ALTER TABLE app.orders ADD CONSTRAINT k PRIMARY KEY (id);"
PG, MY = "ALTER TABLE orders DROP CONSTRAINT orders_pkey;", "ALTER TABLE orders DROP PRIMARY KEY;"


def change(up: str, down: str, engine: dialect.Engine) -> Change:
    ups, downs = (tuple(dialect.read(text, engine)) for text in (up, down))
    return Change("2", "2_key", Sql(down, up, downs, ups))


@pytest.mark.parametrize(
    ("engine", "up", "down", "kept"),
    [
        ("postgresql", ADD, PG, ["orders.id", "orders.shop"]),
        ("postgresql", NAMED, "ALTER TABLE app.orders DROP CONSTRAINT k;", ["app.orders.id"]),
        ("postgresql", NAMED, "ALTER TABLE app.orders DROP CONSTRAINT other;", []),
        ("postgresql", ADD, f"{PG} ALTER TABLE orders ALTER id DROP NOT NULL;", ["orders.shop"]),
        ("postgresql", ADD, "DROP TABLE orders;", []),
        ("postgresql", f"CREATE TABLE orders (id int, shop int); {ADD}", PG, []),
        (
            "postgresql",
            f"ALTER TABLE orders ADD COLUMN shop int; {ADD}",
            f"{PG} ALTER TABLE orders DROP COLUMN shop;",
            ["orders.id"],
        ),
        ("mysql", ADD, MY, ["orders.id", "orders.shop"]),
        ("mysql", ADD, f"{MY} ALTER TABLE orders MODIFY id int NULL;", ["orders.shop"]),
        ("mysql", "ALTER TABLE orders ADD UNIQUE u (id);", "ALTER TABLE orders DROP INDEX u;", []),
    ],
)
def test_the_columns_of_a_key_that_goes_stay_not_null(engine, up, down, kept):
    assert still_not_null(change(up, down, engine)) == kept


def test_it_is_a_warning_where_the_whole_schema_was_not_compared():
    made = change(ADD, PG, "postgresql")
    (finding,) = reversal_findings.about_remains([made])
    assert (finding.level, finding.code) == ("warning", "stays-not-null")
    assert "orders.id, orders.shop stays NOT NULL" in finding.message
    assert not list(reversal_findings.about_remains([replace(made, expects="a look at it")]))
