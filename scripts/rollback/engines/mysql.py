"""MySQL and MariaDB, read by their own client: the password is passed in its environment."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Sequence

from rollback.database_contracts import Relaxing, Row
from rollback.engines import _mysql_address, _mysql_client, _mysql_demands, _mysql_script, _url
from rollback.model import Address, Instance
from rollback.shell import Shell

TITLE = "MySQL"
SCHEMES = ("mysql", "mysql2", "mariadb", "trilogy", _url.DSN)
PROGRAMS = ()  # the client has two names: `connection` and `dump_problem` look for them
SUFFIX = ".sql"
SCRATCH = ""  # rights may come from patterns and roles: the drill shows it
ATOMIC = False
RELAXING: Relaxing | None = _mysql_demands

LOCK = 5  # seconds: a change that waits for a lock holds up everybody behind it
_DUMPS = ("mariadb-dump", "mysqldump")
_IDENTITY = (
    "CONCAT_WS('/', /*!50708 @@server_uuid, */ @@hostname, @@port, TRIM(BOTH '/' FROM @@datadir), "
    "DATABASE())"
)
INSTANCE = f"""
SELECT {_IDENTITY} AS identity, VERSION() AS version,
  @@global.read_only OR @@innodb_read_only AS replica, coalesce(sum(
  data_length + index_length), 0) AS bytes
FROM information_schema.tables WHERE table_schema = DATABASE()"""
COLUMNS = """
SELECT c.table_name AS `table`, c.column_name AS `column`, c.column_type AS type,
  c.is_nullable = 'YES' AS nullable, c.column_default AS `default`
FROM information_schema.columns c JOIN information_schema.tables t
  ON t.table_schema = c.table_schema AND t.table_name = c.table_name
WHERE c.table_schema = DATABASE() AND t.table_type = 'BASE TABLE'
ORDER BY c.table_name, c.ordinal_position"""
_LOCK_NAME = "CONCAT('rollback ', SHA1(DATABASE()))"

parse = _mysql_address.parse
read = _mysql_client.read
variables = _mysql_client.variables
script = _mysql_script.script
refusal = _mysql_script.refusal
literal = _mysql_script.literal
exists = _mysql_script.exists


def instance(address: Address, shell: Shell) -> Instance:
    """Return what answers at this address. Raises what `read` raises."""
    ((row,),) = read(address, [INSTANCE], shell)
    return instance_of(row)


def instance_of(row: Row) -> Instance:
    return Instance(row["identity"], str(row["version"]), int(row["bytes"]), bool(row["replica"]))


def columns(address: Address, shell: Shell) -> list[Row]:
    """Return {table, column, type, nullable, default} of every table."""
    return columns_of(read(address, [COLUMNS], shell)[0])


def columns_of(rows: list[Row]) -> list[Row]:
    names = ("table", "column")
    return [
        {**row, **{name: str(row[name]) for name in names}, "nullable": bool(row["nullable"])}
        for row in rows
    ]


def dependents(names: Sequence[tuple[str, str]]) -> str:
    """Return a query for what keeps these tables and columns from a drop: foreign keys."""
    tables = ", ".join(literal(table) for table in sorted({table for table, _ in names}))
    used = "information_schema.key_column_usage"
    return f"""
SELECT referenced_table_name AS `table`, referenced_column_name AS `column`,
  'foreign key' AS kind, constraint_name AS name, table_name AS owner
FROM {used} WHERE table_schema = DATABASE() AND referenced_table_schema = DATABASE()
  AND referenced_table_name IN ({tables}) AND table_name <> referenced_table_name
UNION SELECT table_name, column_name, 'foreign key', constraint_name, table_name
FROM {used} WHERE table_schema = DATABASE() AND referenced_table_name IS NOT NULL
  AND table_name IN ({tables})"""


def quoted(*names: str) -> str:
    """Return a name, or a schema and a name, as SQL."""
    return ".".join(f"`{name.replace('`', '``')}`" for name in names if name)


def where(address: Address) -> str:
    """Return a query for the identity of `instance`."""
    return f"SELECT {_IDENTITY} AS line"


def tool_where(address: Address) -> str:
    """Return the same query, which a migration tool can run, too."""
    return where(address)


def opening(address: Address) -> str:
    """Return what comes first in a session that changes something: it ends without the lock.

    What is added to it is for the first start of a migration.
    """
    return f"""SET SESSION lock_wait_timeout = {LOCK}, innodb_lock_wait_timeout = {LOCK};
SET SESSION autocommit = 1;
SELECT IF(GET_LOCK({_LOCK_NAME}, 0) = 1, 'locked', 'another rollback is changing this database')
  AS rollback_lock;
SELECT IF(IS_USED_LOCK({_LOCK_NAME}) = CONNECTION_ID(), 'ready', (SELECT 1 UNION ALL SELECT 2))
  AS rollback_lock;
{_mysql_script.MARK}below is what the first start checks
"""


def reading(address: Address) -> str:
    """Return what comes first in a transaction that reads."""
    return f"{_mysql_client.MODE};\n"


def settled(address: Address) -> str:
    """Return a statement that fails while a session has our lock: killed clients leave some."""
    free = f"IF(IS_FREE_LOCK({_LOCK_NAME}) = 1, 1, (SELECT 1 UNION ALL SELECT 2))"
    return f"SET @rollback_settled = {free};\n"


def exactly_one(statement: str) -> str:
    """Return a statement that fails unless it changes exactly one row."""
    return f"""START TRANSACTION;
{statement};
SELECT IF(ROW_COUNT() = 1, 'one row', (SELECT 1 UNION ALL SELECT 2)) AS rows_of_the_migration_table;
COMMIT;
"""


def locked(table: str) -> str:
    """Return nothing: LOCK TABLES would keep the session itself from every other table."""
    return ""


def at_most(query: str, number: int, message: str) -> str:
    """Return statements that fail when a query counts more than that, below this message."""
    return f"""SELECT IF(({query}) > {number}, {literal(message)}, 'as counted') AS rollback_count;
SELECT IF(({query}) > {number}, (SELECT 1 UNION ALL SELECT 2), 'as counted') AS rollback_count;
"""


def connection(address: Address) -> bytes:
    """Return the file a script connects by: an option file without the password.

    Raises Usage (database-url), Unreadable (tool-missing).
    """
    dump = next((path for name in _DUMPS if (path := shutil.which(name))), "")
    lines = [
        f"# password: {address.parts['form'] or 'none'} {address.variable}",
        f"# client: {shutil.which(_mysql_client.program()) or ''}",
        f"# dump: {dump}",
        f"# database: {address.parts['database']}",
        "[client]",
    ]
    lines += [f"{name}={_option(value)}" for name, value in _mysql_address.options(address)]
    lines += ["[mysql]", f"connect-timeout={_mysql_client.CONNECT}"]
    return "\n".join([*lines, ""]).encode()


def _option(value: str) -> str:
    escaped = value.replace("\\", "\\\\")
    return f'"{escaped}"'


def needed(address: Address) -> tuple[str, ...]:
    """Return the names of the variables that a script needs."""
    return (address.variable, "MYSQL_PWD")


def typed_change(address: Address, *files: str) -> str:
    """Return a call of the client, which asks for the password; it stops at the first error."""
    connection, *texts = files
    client = _typed(_mysql_client.program(), connection)
    database = shlex.quote(address.parts["database"])
    return f"cat {' '.join(texts)} | {client} --binary-mode {database}"


def typed_backup(address: Address, connection: str, file: str) -> str:
    """Return a call of mariadb-dump or mysqldump, which asks for the password."""
    program = next((name for name in _DUMPS if shutil.which(name)), _DUMPS[0])
    dump = f"{_typed(program, connection)} --single-transaction --routines"
    database = shlex.quote(address.parts["database"])
    return _url.typed_private(f"{dump} --result-file={shlex.quote(file)} {database}", file)


def _typed(program: str, connection: str) -> str:
    asks = '$([ "${MYSQL_PWD+x}" ] || echo -p)'
    return f"{program} --defaults-file={connection} {asks}"


def dump_problem(version: str, shell: Shell) -> str:
    """Return why this machine cannot dump a server of this version, or ""."""
    if any(shutil.which(name) for name in _DUMPS):
        return ""
    return f"neither {' nor '.join(_DUMPS)} is on PATH"
