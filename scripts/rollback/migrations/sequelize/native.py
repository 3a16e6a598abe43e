"""sequelize-cli's own commands: `sequelize-cli db:migrate:undo --name FILE`."""

from __future__ import annotations

from collections.abc import Mapping

from rollback.migrations._native import Way

HOME = "package.json"

_CLI = ("npx", "--no-install", "sequelize-cli")
# the settings as sequelize-cli finds them: .sequelizerc, else config/config.json or config.js
_ASK = """
const fs = require("fs");
const path = require("path");
const named = fs.existsSync(".sequelizerc") ? require(path.resolve(".sequelizerc")) : {{}};
const file = named.config || ["config/config.json", "config/config.js"].find(fs.existsSync);
const every = require(path.resolve(file));
const settings = every[process.env.NODE_ENV || "development"] || every;
const {{ Sequelize }} = require("sequelize");
const quiet = {{ ...settings, logging: false }};
const url = settings.use_env_variable && process.env[settings.use_env_variable];
const database = url ? new Sequelize(url, quiet) : new Sequelize(quiet);
database.query({query}).then(([rows]) => {{
  console.log(Object.values(rows[0])[0]);
  return database.close();
}}).catch((error) => {{ console.error(error.message); process.exit(1); }});
"""


def ways(files: Mapping[str, str]) -> Mapping[str, Way]:
    from rollback.migrations import _modules
    from rollback.migrations.sequelize.methods import operations
    from rollback.migrations.sequelize.modules import read

    return {
        script.path: _modules.way(files[script.path], operations, _commands(script.id))
        for script in read(files)
    }


def _commands(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    down = (*_CLI, "db:migrate:undo", "--name", name)
    return down, (*_CLI, "db:migrate", "--name", name)


def ask(query: str) -> tuple[str, ...]:
    import json

    return ("node", "-e", _ASK.format(query=json.dumps(query)))
