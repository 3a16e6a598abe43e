"""Knex's own commands: `knex migrate:down FILE`, for exactly that file."""

from __future__ import annotations

from collections.abc import Mapping

from rollback.migrations._native import Way

HOME = "knexfile.*"

_KNEX = ("npx", "--no-install", "knex")
_ASK = """
const settings = require("./knexfile");
const database = require("knex")(settings[process.env.NODE_ENV || "development"] || settings);
database.raw({query}).then((answer) => {{
  // PostgreSQL answers {{rows}}, MySQL [rows, columns], SQLite rows
  const rows = answer.rows || (Array.isArray(answer[0]) ? answer[0] : answer);
  console.log(Object.values(rows[0])[0]);
  return database.destroy();
}}).catch((error) => {{ console.error(error.message); process.exit(1); }});
"""


def ways(files: Mapping[str, str]) -> Mapping[str, Way]:
    from rollback.migrations import _modules
    from rollback.migrations.knex.modules import read
    from rollback.migrations.knex.schema import operations

    return {
        script.path: _modules.way(files[script.path], operations, _commands(script.id))
        for script in read(files)
    }


def _commands(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return (*_KNEX, "migrate:down", name), (*_KNEX, "migrate:up", name)


def ask(query: str) -> tuple[str, ...]:
    import json

    return ("node", "-e", _ASK.format(query=json.dumps(query)))
