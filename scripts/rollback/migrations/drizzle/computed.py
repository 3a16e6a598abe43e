"""Drizzle Kit's own difference of two snapshots: the SQL from the newer to the older one."""

from __future__ import annotations

import json
import re

from rollback.migrations._computed import Computed, Files
from rollback.migrations._files import ended

# Where something goes and something comes, Drizzle asks at a terminal whether it was renamed; and
# it drops in an order for which it needs CASCADE. So it computes one step after the other: foreign
# keys go; then all that goes, but enums; the rest becomes as it was, and its enums come; foreign
# keys come; and the enums go that no column has any more.
_DIFF = r"""
const { new: newer, old: older } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const { generateMigration } = require("drizzle-kit/api"); // reads of a pipe do not wait after it
const isMap = (it) => it && typeof it === "object" && !Array.isArray(it);
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
const within = (one, other, isChanged) => Object.fromEntries(Object.entries(one)
  .filter(([name, it]) => name in other && (isChanged || same(it, other[name]))));
const withKeysOf = (snapshot, keys) => {
  const made = structuredClone(snapshot);
  for (const [name, table] of Object.entries(made.tables)) {
    table.foreignKeys = keys(table.foreignKeys, name);
  }
  return made;
};
const bothHave = (keys, name) => {
  const [one, other] = [newer, older].map((it) => it.tables[name]?.foreignKeys ?? {});
  return within(within(keys, one), other);
};
const withoutKeys = withKeysOf(newer, bothHave);
const kept = structuredClone(withoutKeys);
for (const [kind, every] of Object.entries(kept)) {
  if (!isMap(every) || !isMap(older[kind]) || kind === "_meta" || kind === "enums") continue;
  kept[kind] = within(every, older[kind], kind === "tables");
}
for (const [name, table] of Object.entries(kept.tables)) {
  for (const [kind, every] of Object.entries(table)) {
    if (isMap(every)) table[kind] = within(every, older.tables[name][kind], kind === "columns");
  }
}
const withEnums = { ...structuredClone(older), enums: { ...newer.enums, ...older.enums } };
const steps = [newer, withoutKeys, kept, withKeysOf(withEnums, bothHave), withEnums, older];
const compute = async () => {
  if (newer.version !== older.version) throw new Error("the snapshots are of two versions");
  const statements = [];
  for (let at = 1; at < steps.length; at++) {
    statements.push(...await generateMigration(steps[at - 1], steps[at]));
  }
  if (!statements.length) throw new Error("the snapshots do not differ");
  const plain = statements.map((text) => text.replace(/^(DROP TABLE .*) CASCADE;$/, "$1;"));
  console.log(plain.join("\n"));
};
compute().catch((error) => { console.error(`Error: ${error.message}`); process.exit(1); });
"""
_MARK = "--> statement-breakpoint"


def given(place: str, new: Files, old: Files) -> str | None:
    """Return the newest snapshots of both releases as JSON; None where one has none."""
    trees = {"new": _snapshot(place, new), "old": _snapshot(place, old)}
    return json.dumps(trees) if all(trees.values()) else None


def _snapshot(place: str, files: Files) -> object:
    """Return the snapshot of the last migration: 0001_snapshot.json is that of 0001_channel."""
    from rollback.migrations.drizzle.journal import JOURNAL, entries

    start = "" if place == "." else f"{place}/"
    tags = list(entries(files.get(f"{start}{JOURNAL}", "")))
    number = tags[-1].partition("_")[0] if tags else ""
    try:
        known: object = json.loads(files.get(f"{start}meta/{number}_snapshot.json", ""))
    except ValueError:
        return None
    return known


def script(text: str) -> str:
    """Return SQL whose statements end with semicolons, where a mark alone may part them.

    Not every dialect has --> comments.
    """
    return "\n".join(map(ended, text.split(_MARK)))


def by_hand(path: str) -> str:
    return re.sub(r"(?:migration)?\.sql$", lambda match: _OF[match[0]], path)


_OF = {".sql": ".down.sql", "migration.sql": "down.sql"}
COMPUTED = Computed(
    HOME="package.json",
    engines=("postgresql",),
    schemas=(":(glob)**/meta/*.json",),
    given=given,
    command=("node", "-e", _DIFF),
    script=script,
    by_hand=by_hand,
)
