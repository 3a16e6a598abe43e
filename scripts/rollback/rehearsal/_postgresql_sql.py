"""The SQL of a migration of PostgreSQL, as one transaction can try it."""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""(?P<comment>--[^\n]* | /\*.*?\*/)
    | (?P<quoted>(?<!\w)E'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*"
      | (?<![\w$])(?P<tag>\$(?:[^\W\d]\w*)?\$).*?(?P=tag))
    | \bCONCURRENTLY\b | ^\\[^\n]*""",
    re.DOTALL | re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
# in function bodies and texts, too: they may be run
_LASTING = re.compile(
    r"""(?P<copy>\b(?:FROM|TO)\s+PROGRAM\b | \bCOPY\b[^;]*?\b(?:FROM|TO)\s+(?:E?'|\$))
    | \b(?:dblink\w*|pg_terminate_backend|pg_cancel_backend|pg_reload_conf|pg_rotate_logfile
      |pg_\w*replication_slot\w*|pg_replication_origin\w*|pg_logical_\w+|pg_file_\w+|lo_import
      |lo_export|pg_promote|pg_switch_wal|pg_create_restore_point)\b
    | \b(?:CREATE\s+(?:SERVER|SUBSCRIPTION|TABLESPACE|DATABASE|USER\s+MAPPING)|ALTER\s+SYSTEM)\b
    | \bLANGUAGE\s+'?(?:C|plperlu|plpython[23]?u|pltclu)\b
    """,
    re.DOTALL | re.IGNORECASE | re.VERBOSE,
)


def tried(sql: str) -> str:
    """Return the SQL without psql's own lines, and without what no transaction can hold."""
    return _TOKEN.sub(lambda it: it["comment"] or it["quoted"] or "", sql)


def refusal(sql: str) -> str:
    """Return what a ROLLBACK would not take back, or what reaches another place, or ""."""
    met = _LASTING.search(_TOKEN.sub(lambda it: " " if it["comment"] else it[0], sql))
    if not met:
        return ""
    return "COPY with a program or a file of the server" if met["copy"] else met[0]
