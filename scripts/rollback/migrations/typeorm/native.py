"""TypeORM's own commands: `typeorm migration:revert`, while the newest one is the right one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rollback.migrations._native import AT_HOME, Way

if TYPE_CHECKING:
    from rollback.migrations._files import Script

HOME = "package.json"

_SOURCE = re.compile(r"(?:\s-d|\s--data-?[sS]ource)[\s=]+[\"']?([\w./-]+)")
_NONE = (
    "no script of package.json names a data source that node can load: "
    "typeorm migration:run -d data-source.js"
)
# The data source as the command line opens it: nothing is synchronised or run by opening it.
_OPEN = """
const path = require("path"), { pathToFileURL } = require("url");
const words = process.argv.slice(1);
const isSource = (it) => it && it.initialize && it.setOptions;
const act = async (use) => {
  if (!words[0]) throw new Error("Cannot find a data source in the scripts of package.json");
  const loaded = await import(pathToFileURL(path.resolve(words[0])));
  const inside = [loaded.default, ...Object.values(loaded.default || {}), ...Object.values(loaded)];
  const database = (await Promise.all(inside)).find(isSource);
  if (!database) throw new Error(`Cannot find a DataSource in ${words[0]}`);
  const still = { synchronize: false, migrationsRun: false, dropSchema: false, logging: false };
  database.setOptions({ subscribers: [], ...still });
  await database.initialize();
  await use(database);
  await database.destroy();
};
const done = (use) => act(use).catch((error) => { console.error(error); process.exit(1); });
"""
_ASK = """
const scripts = Object.values(require(path.resolve("package.json")).scripts || {});
const option = /(?:\\s-d|\\s--data-?[sS]ource)[\\s=]+["']?([\\w./-]+)/;
const named = scripts.map((text) => option.exec(text));
words.unshift(named.filter(Boolean).map((it) => it[1]).find((it) => /[.][cm]?js$/.test(it)));
done(async (database) => {
  const [row] = await database.query(words[1]);
  console.log(Object.values(row)[0]);
});"""
# migration:run takes all that are not applied: here it knows of one only
_RUN = """done(async (database) => {
  const named = (it) => (it.name || it.constructor.name) === words[1];
  database.migrations = database.migrations.filter(named);
  if (database.migrations.length !== 1) throw new Error(`Cannot find migration ${words[1]}`);
  await database.runMigrations();
});"""


def ways(files: Mapping[str, str]) -> Mapping[str, Way]:
    from rollback.migrations.typeorm.classes import read

    source = _source(files.get(AT_HOME, "{}"))
    return {script.path: _way(script, files[script.path], source) for script in read(files)}


def _source(package: str) -> str | None:
    """Return the data source that the scripts of a package.json name."""
    try:
        scripts = json.loads(package).get("scripts", {})
    except (ValueError, AttributeError):
        return None
    texts = [str(text) for text in scripts.values()] if isinstance(scripts, dict) else []
    named = [match[1] for text in texts if (match := _SOURCE.search(text))]
    return next((name for name in named if re.search(r"\.[cm]?js$", name)), None)


def _way(script: Script, text: str, source: str | None) -> Way:
    from msgspec.structs import replace

    from rollback.migrations import _modules
    from rollback.migrations.typeorm.methods import operations

    if source is None:
        return Way(problem=_NONE)
    down = ("npx", "--no-install", "typeorm", "migration:revert", "-d", source)
    up = ("node", "-e", _OPEN + _RUN, source, script.id)
    return replace(_modules.way(text, operations, (down, up)), newest=True)


def ask(query: str) -> tuple[str, ...]:
    return ("node", "-e", _OPEN + _ASK, query)
