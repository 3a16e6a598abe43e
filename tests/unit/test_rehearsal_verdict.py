"""What a trial shows: where the downs lead, and where a restore does."""

from __future__ import annotations

from pathlib import Path

from rollback.flow.rehearsal_verdict import Rehearsed, Verdict
from rollback.model import Address
from rollback.rehearsal import Act, Place
from rollback.rehearsal import sqlite as memory
from rollback.reversal.change import Change
from rollback.reversal.files import Sql
from rollback.shell import Shell

OLDER = (
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, note TEXT); CREATE TABLE seeds (id INT UNIQUE);"
)
PAIRS = {
    "honest": ("ALTER TABLE orders ADD COLUMN a TEXT;", "ALTER TABLE orders DROP COLUMN a;"),
    "seeds": ("CREATE TABLE r (id INT); INSERT INTO seeds VALUES (1);", "DROP TABLE r;"),
    "table": ("CREATE TABLE r (id INT);", "DROP TABLE r;"),
    "lie": ("CREATE TABLE r (id INT);", "SELECT 1;"),
}
PLACE = Place(Address("sqlite", "SHOP_URL", "shop", "shop.db", {}))


def judged(*names: str, live: str = "") -> Rehearsed:
    """The trial of these pairs, the newest first; `live` is what was done by hand."""
    changes = [Change(name, name, Sql(*reversed(PAIRS[name]))) for name in names]
    ups = [[Act(change.title, change.sql.up)] for change in reversed(changes)]
    downs = [[Act(f"the down of {change.title}", change.sql.down)] for change in changes]
    again = [[Act(f"{change.title}, again", change.sql.up)] for change in reversed(changes)]
    shell = Shell(Path("/"))
    older = [Act("it", OLDER, whole=False)]
    played = memory.play([older, *ups, *downs, *again], PLACE, shell)

    def now() -> object:
        return memory.play([older, *ups, [Act("by hand", live)]], PLACE, shell).catalogues[-1]

    return Verdict(memory, changes, "", now).of(played)  # type: ignore[arg-type]


def test_each_down_and_each_up_has_a_schema_that_it_has_to_lead_to() -> None:
    made = judged("table", "honest")
    assert made.findings == ()
    newest, older = made.changes
    assert "'r'" in newest.expects and "'orders.a'" not in newest.expects
    assert "('column', 'orders.a', NULL)" in older.expects
    assert "('column', 'orders.a', 'text')" in older.brings_back and "'r'" not in older.brings_back
    assert "('table', 'r', '0 checks')" in newest.brings_back
    assert "'orders.note'" in newest.brings_back, "after the last one all that was there"


def test_what_was_changed_by_hand_is_expected_of_no_restore() -> None:
    made = judged("honest", live="CREATE INDEX i ON orders (note); DROP TABLE seeds")
    (change,) = made.changes
    assert "seeds" not in change.brings_back and "'i'" not in change.brings_back
    assert [row.code for row in made.findings] == ["schema-drift"]


def test_a_restore_that_would_fail_is_known_before() -> None:
    made = judged("seeds")
    (finding,) = made.findings
    assert (finding.level, finding.code) == ("warning", "restore-differs")
    assert "migration seeds, again fails there: UNIQUE constraint failed" in finding.message
    assert made.changes[0].expects and not made.changes[0].brings_back


def test_a_down_that_leads_elsewhere_blocks_before_any_restore() -> None:
    (finding,) = judged("lie").findings
    assert (finding.level, finding.code) == ("blocker", "reversal-differs")
