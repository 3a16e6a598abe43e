"""node-pg-migrate's own commands: `node-pg-migrate down NAME`, for exactly that migration."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rollback.migrations._native import EMPTY_DOWN, FOLDER, NO_DOWN, VARIABLE, Way

if TYPE_CHECKING:
    from rollback.migrations._files import Script
    from rollback.verdicts.operations import Operation

HOME = "package.json"

_TOOL = ("npx", "--no-install", "node-pg-migrate", "-m", FOLDER, "-d", VARIABLE)
_REFUSED = re.compile(r"\bdown\s*(?::\s*\w+\s*)?=\s*false\b")
# the tool connects to the database that this variable names, as its -d says
_ASK = """
const { Client } = require("pg");
const database = new Client(process.env[process.argv[1]]);
database.connect().then(() => database.query(QUERY)).then((answer) => {
  console.log(Object.values(answer.rows[0])[0]);
  return database.end();
}).catch((error) => { console.error(error.message); process.exit(1); });
"""


def ways(files: Mapping[str, str]) -> Mapping[str, Way]:
    from rollback.migrations.node_pg_migrate.modules import read

    return {script.path: _way(script, files) for script in read(files)}


def _way(script: Script, files: Mapping[str, str]) -> Way:
    from rollback.migrations import _modules
    from rollback.migrations.node_pg_migrate import modules

    down, up = (*_TOOL, "down", script.id), (*_TOOL, "up", script.id)
    if script.id.isdigit():
        return Way(problem="its name is a number, which the tool takes for a count")
    text = files[script.path]
    if script.path.endswith(".sql"):
        return _of_sql(modules.down(script.path, files), (down, up))
    if _REFUSED.search(text):
        return Way(problem="its down is false")
    way = _modules.way(text, modules.reader(files), (down, up))
    return _inferred(script, (down, up)) if way.problem == NO_DOWN else way


def _of_sql(text: str | None, commands: tuple[tuple[str, ...], tuple[str, ...]]) -> Way:
    from rollback.reversal import effects
    from rollback.verdicts import dialect
    from rollback.verdicts.operations import Sql

    if text is None:
        return Way(problem=NO_DOWN)
    if effects.changes_nothing(dialect.read(text, "postgresql")):
        return Way(problem=EMPTY_DOWN)
    return Way(*commands, operations=(Sql(text),))


def _inferred(script: Script, commands: tuple[tuple[str, ...], tuple[str, ...]]) -> Way:
    """Return the way of a module without a down: the tool derives one from what it makes."""
    from rollback.migrations._inverse import inverse
    from rollback.verdicts import operations as to

    makes = (
        to.AddColumn,
        to.AddConstraint,
        to.Create,
        to.CreateIndex,
        to.CreateTable,
        to.Rename,
        to.RenameColumn,
        to.RenameTable,
    )
    odd = next((it for it in script.operations if not isinstance(it, makes)), None)
    if odd is not None:
        return Way(problem=f"it has no down, and the tool derives none from {_name(odd)}")
    return Way(*commands, operations=tuple(inverse(script.operations, lambda table, name: None)))


def _name(operation: Operation) -> str:
    return type(operation).__name__


def ask(query: str) -> tuple[str, ...]:
    return ("node", "-e", _ASK.replace("QUERY", json.dumps(query)), VARIABLE)
