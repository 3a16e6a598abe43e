"""The same three migrations written for each tool, and how its deploy runs them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

ALEMBIC_ENV = """\
import os
from urllib.parse import parse_qs, unquote, urlsplit
import sqlalchemy as sa
from alembic import context
url = urlsplit(os.environ["SHOP_URL"])
if url.scheme == "sqlite":
    address = sa.URL.create("sqlite", database=url.path)
elif url.scheme == "mysql":
    address = sa.URL.create("mysql+pymysql", url.username, unquote(url.password), "localhost",
        database=url.path[1:], query={"unix_socket": parse_qs(url.query)["socket"][0]})
else:
    address = sa.URL.create("postgresql+psycopg2", url.username, unquote(url.password),
        database=url.path[1:], query={"host": unquote(url.netloc.rpartition("@")[2])})
with sa.create_engine(address).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
ALEMBIC = {
    "orders": (
        'op.create_table("orders", sa.Column("id", sa.Integer, primary_key=True), '
        'sa.Column("legacy", sa.String(40)), sa.Column("note", sa.String(40)))',
        'op.drop_table("orders")',
    ),
    "channel": (
        'op.add_column("orders", sa.Column("channel", sa.String(40)))',
        'op.drop_column("orders", "channel")',
    ),
    "legacy": (
        'op.drop_column("orders", "legacy")',
        'op.add_column("orders", sa.Column("legacy", sa.String(40)))',
    ),
    "one_way": ('op.execute("UPDATE orders SET note = NULL")', "raise NotImplementedError"),
    "empty": ('op.create_index("i", "orders", ["note"])', "pass"),
}


def alembic(number: int, kind: str) -> tuple[str, str]:
    up, down = ALEMBIC[kind]
    below = f'"r{number - 1}"' if number > 1 else "None"
    text = (
        "import sqlalchemy as sa\nfrom alembic import op\n"
        f'revision = "r{number}"\ndown_revision = {below}\n'
        f"def upgrade():\n    {up}\ndef downgrade():\n    {down}\n"
    )
    return f"migrations/versions/r{number}_{kind}.py", text


RAILS = {
    "orders": "create_table(:orders) { |t| t.string :legacy; t.string :note }",
    "channel": "add_column :orders, :channel, :string",
    "legacy": "remove_column :orders, :legacy, :string",
    "one_way": "execute 'UPDATE orders SET note = NULL'",
}
RAILS_FILES = {
    "Rakefile": 'require_relative "config/application"\nRails.application.load_tasks\n',
    "bin/rails": (
        "#!/usr/bin/env ruby\nAPP_PATH = File.expand_path('../config/application', __dir__)\n"
        "require_relative '../config/boot'\nrequire 'rails/commands'\n"
    ),
    "config/boot.rb": "",
    "config/environment.rb": 'require_relative "application"\nShop::Application.initialize!\n',
    "config/application.rb": """\
require "rails"
require "active_record/railtie"
module Shop
  class Application < Rails::Application
    config.load_defaults 6.1
    config.eager_load = false
    config.logger = Logger.new(nil)
    config.active_record.dump_schema_after_migration = false
  end
end
""",
    "config/database.yml": """\
<% require "uri"; url = ENV["SHOP_URL"]; sqlite = url.start_with?("sqlite") %>
<% whole = sqlite ? nil : url.match(%r{//([^:]+):([^@]*)@([^/]*)/(.*)}) %>
production:
<% if sqlite %>
  adapter: sqlite3
  database: <%= url.sub("sqlite:", "") %>
<% elsif url.start_with?("mysql") %>
  adapter: mysql2
  socket: <%= URI.decode_www_form_component(url[/socket=(.*)/, 1]).to_json %>
  username: shop
  password: <%= URI.decode_www_form_component(whole[2]).to_json %>
  database: <%= whole[4][/[^?]*/] %>
<% else %>
  adapter: postgresql
  host: <%= URI.decode_www_form_component(whole[3]).to_json %>
  username: shop
  password: <%= URI.decode_www_form_component(whole[2]).to_json %>
  database: <%= whole[4] %>
<% end %>
""",
}


def rails(number: int, kind: str) -> tuple[str, str]:
    name = f"{kind.title().replace('_', '')}{number}"
    empty = "def up; add_index :orders, :note; end\n  def down; end"
    body = empty if kind == "empty" else f"def change; {RAILS[kind]}; end"
    text = f"class {name} < ActiveRecord::Migration[6.1]\n  {body}\nend\n"
    return f"db/migrate/{rails_id(number, kind)}_{kind}{number}.rb", text


def rails_id(number: int, kind: str) -> str:
    return f"2026110{number}120000"


KNEXFILE = """\
const parts = process.env.SHOP_URL.match(/\\/\\/([^:]+):([^@]*)@([^/]*)\\/([^?]*)(?:.socket=(.*))?/);
const [user, password, host, database, socketPath] = parts.slice(1).map((part) => part && decodeURIComponent(part));
module.exports = socketPath
  ? { client: "mysql2", connection: { socketPath, user, password, database } }
  : { client: "pg", connection: { host, user, password, database } };
"""
KNEX = {
    "orders": (
        'createTable("orders", (t) => { t.increments(); t.string("legacy"); t.string("note"); })',
        'dropTable("orders")',
    ),
    "channel": (
        'alterTable("orders", (t) => { t.string("channel"); })',
        'alterTable("orders", (t) => { t.dropColumn("channel"); })',
    ),
    "legacy": (
        'alterTable("orders", (t) => { t.dropColumn("legacy"); })',
        'alterTable("orders", (t) => { t.string("legacy"); })',
    ),
    "one_way": ('raw("UPDATE orders SET note = NULL")', ""),
    "empty": ('alterTable("orders", (t) => { t.index("note"); })', ""),
}


def knex(number: int, kind: str) -> tuple[str, str]:
    up, down = KNEX[kind]
    back = f"await knex.schema.{down};" if down else ""
    back = 'throw new Error("one way");' if kind == "one_way" else back
    text = (
        f"exports.up = async (knex) => {{ await knex.schema.{up}; }};\n"
        f"exports.down = async (knex) => {{ {back} }};\n"
    )
    return f"migrations/{knex_id(number, kind)}", text


def knex_id(number: int, kind: str) -> str:
    return f"2026110{number}_{kind}.js"


SEQUELIZE_CONFIG = """\
const parts = process.env.SHOP_URL.match(/\\/\\/([^:]+):([^@]*)@([^/]*)\\/([^?]*)(?:.socket=(.*))?/);
const [username, password, host, database, socketPath] = parts.slice(1).map((part) => part && decodeURIComponent(part));
module.exports = { development: socketPath
  ? { dialect: "mysql", username, password, database, dialectOptions: { socketPath } }
  : { dialect: "postgres", username, password, host, database } };
"""
TYPE = "{ type: S.STRING }"
SEQUELIZE = {
    "orders": (
        'createTable("orders", { id: { type: S.INTEGER, primaryKey: true, autoIncrement: true }, '
        f"legacy: {TYPE}, note: {TYPE} }})",
        'dropTable("orders")',
    ),
    "channel": (f'addColumn("orders", "channel", {TYPE})', 'removeColumn("orders", "channel")'),
    "legacy": ('removeColumn("orders", "legacy")', f'addColumn("orders", "legacy", {TYPE})'),
    "one_way": ('sequelize.query("UPDATE orders SET note = NULL")', ""),
    "empty": ('addIndex("orders", ["note"])', ""),
}


def sequelize(number: int, kind: str) -> tuple[str, str]:
    up, down = SEQUELIZE[kind]
    back = f"await queryInterface.{down};" if down else ""
    back = 'throw new Error("one way");' if kind == "one_way" else back
    text = (
        f"module.exports = {{\n  async up(queryInterface, S) {{ await queryInterface.{up}; }},\n"
        f"  async down(queryInterface, S) {{ {back} }},\n}};\n"
    )
    return f"migrations/{knex_id(number, kind)}", text


NODE_PG_MIGRATE = {
    "orders": (
        'createTable("orders", { id: "id", legacy: "text", note: "text" })',
        'dropTable("orders")',
    ),
    "channel": ('addColumn("orders", { channel: "text" })', 'dropColumn("orders", "channel")'),
    "legacy": ('dropColumn("orders", "legacy")', 'addColumn("orders", { legacy: "text" })'),
    "one_way": ('sql("UPDATE orders SET note = NULL")', ""),
    "empty": ('createIndex("orders", "note")', ""),
}


def node_pg_migrate(number: int, kind: str) -> tuple[str, str]:
    up, down = NODE_PG_MIGRATE[kind]
    back = f"exports.down = (pgm) => {{ {f'pgm.{down};' if down else ''} }};"
    if kind == "one_way":
        back = "exports.down = false;"
    elif kind == "channel":
        back = ""  # the tool derives it
    text = f"exports.up = (pgm) => {{ pgm.{up}; }};\n{back}\n"
    return f"migrations/{pg_id(number, kind)}.js", text


def pg_id(number: int, kind: str) -> str:
    return f"176000000000{number}_{kind}"


TYPEORM_SOURCE = """\
const { DataSource } = require("typeorm");
const parts = process.env.SHOP_URL.match(/\\/\\/([^:]+):([^@]*)@([^/]*)\\/(.*)/);
const [username, password, host, database] = parts.slice(1).map(decodeURIComponent);
module.exports = new DataSource({
  type: "postgres", username, password, host, database, migrations: ["migrations/*.js"],
});
"""
ORDERS = "CREATE TABLE orders (id serial PRIMARY KEY, legacy text, note text)"
TYPEORM = {
    "orders": (ORDERS, "DROP TABLE orders"),
    "channel": ("ALTER TABLE orders ADD channel text", "ALTER TABLE orders DROP COLUMN channel"),
    "legacy": ("ALTER TABLE orders DROP COLUMN legacy", "ALTER TABLE orders ADD legacy text"),
    "one_way": ("UPDATE orders SET note = NULL", ""),
    "empty": ("CREATE INDEX i ON orders (note)", ""),
}


def typeorm(number: int, kind: str) -> tuple[str, str]:
    up, down = TYPEORM[kind]
    back = f"await queryRunner.query(`{down}`);" if down else ""
    back = 'throw new Error("one way");' if kind == "one_way" else back
    text = (
        f"module.exports = class {typeorm_id(number, kind)} {{\n"
        f"  async up(queryRunner) {{ await queryRunner.query(`{up}`); }}\n"
        f"  async down(queryRunner) {{ {back} }}\n}};\n"
    )
    return f"migrations/176000000000{number}-{kind}.js", text


def typeorm_id(number: int, kind: str) -> str:
    return f"{kind.title().replace('_', '')}176000000000{number}"


@dataclass(frozen=True)
class Tool:
    """`files` are those of the project; `migration` writes one of a kind; `id` is its id."""

    name: str
    files: dict[str, str]
    migration: Callable[[int, str], tuple[str, str]]
    id: Callable[[int, str], str]
    migrate: tuple[str, ...]
    applied: str
    refusal: str
    run: tuple[str, ...] = ()
    engines: tuple[str, ...] = ("sqlite", "postgresql", "mysql")


TOOLS = [
    Tool(
        "alembic",
        {
            "alembic.ini": "[alembic]\nscript_location = migrations\n",
            "migrations/env.py": ALEMBIC_ENV,
        },
        alembic,
        lambda number, kind: f"r{number}",
        ("alembic", "upgrade", "head"),
        "SELECT version_num FROM alembic_version",
        "raise NotImplementedError",
    ),
    Tool(
        "rails",
        RAILS_FILES,
        rails,
        rails_id,
        ("bin/rails", "db:migrate"),
        "SELECT version FROM schema_migrations",
        "execute 'UPDATE orders SET note = NULL'",
        run=("env", "RAILS_ENV=production", "SECRET_KEY_BASE=x"),
    ),
    Tool(
        "knex",
        {"knexfile.js": KNEXFILE, "package.json": '{"dependencies": {"knex": "3"}}'},
        knex,
        knex_id,
        ("knex", "migrate:latest"),
        "SELECT name FROM knex_migrations",
        'throw new Error("one way")',
        engines=("postgresql", "mysql"),
    ),
    Tool(
        "sequelize",
        {
            "config/config.js": SEQUELIZE_CONFIG,
            ".sequelizerc": 'module.exports = { config: "config/config.js" };\n',
            "package.json": '{"dependencies": {"sequelize": "6"}}',
        },
        sequelize,
        knex_id,
        ("sequelize-cli", "db:migrate"),
        'SELECT name FROM "SequelizeMeta"',
        'throw new Error("one way")',
        engines=("postgresql", "mysql"),
    ),
    Tool(
        "node-pg-migrate",
        {"package.json": '{"dependencies": {"node-pg-migrate": "9"}}'},
        node_pg_migrate,
        pg_id,
        ("node-pg-migrate", "up", "-d", "SHOP_URL"),
        "SELECT name FROM pgmigrations",
        "its down is false",
        engines=("postgresql",),
    ),
    Tool(
        "typeorm",
        {
            "dist/data-source.js": TYPEORM_SOURCE,
            "package.json": '{"scripts": {"up": "typeorm migration:run -d dist/data-source.js"}}',
        },
        typeorm,
        typeorm_id,
        ("typeorm", "migration:run", "-d", "dist/data-source.js"),
        "SELECT name FROM migrations",
        'throw new Error("one way")',
        engines=("postgresql",),
    ),
]
