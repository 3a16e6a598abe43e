"""Drizzle Kit's own difference of two snapshots: the SQL from the newer to the older one."""

from __future__ import annotations

import json
import re

from rollback.migrations._computed import Computed, Files

# Where something goes and something comes, Drizzle asks at a terminal whether it was renamed.
# So it computes twice: to a snapshot without what goes, and from that one to the older one.
_DIFF = """
const { generateMigration } = require("drizzle-kit/api");
const { new: newer, old: older } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const isMap = (it) => it && typeof it === "object" && !Array.isArray(it);
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
const within = (one, other, isChanged) => Object.fromEntries(Object.entries(one)
  .filter(([name, it]) => name in other && (isChanged || same(it, other[name]))));
const kept = structuredClone(newer);
for (const [kind, every] of Object.entries(kept)) {
  if (!isMap(every) || !isMap(older[kind]) || kind === "_meta") continue;
  kept[kind] = within(every, older[kind], kind === "tables" || kind === "enums");
}
for (const [name, table] of Object.entries(kept.tables)) {
  for (const [kind, every] of Object.entries(table)) {
    if (isMap(every)) table[kind] = within(every, older.tables[name][kind], kind === "columns");
  }
}
const compute = async () => {
  if (newer.version !== older.version) throw new Error("the snapshots are of two versions");
  const statements = await generateMigration(newer, kept);
  statements.push(...await generateMigration(kept, older));
  if (!statements.length) throw new Error("the snapshots do not differ");
  console.log(statements.join("\\n"));
};
compute().catch((error) => { console.error(`Error: ${error.message}`); process.exit(1); });
"""


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
    """Return SQL without the marks between statements: not every dialect has --> comments."""
    return text.replace("--> statement-breakpoint", "\n")


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
