# What the steps of SQLite databases call. CONNECTION is a file with the path of the database.
# shellcheck shell=bash disable=SC2154  # runner.sh and the script set the variables in capitals

# Opened for writing, because the journal of a killed change has to be rolled back first.
sqlite_read() { # sqlite_read CONNECTION QUERIES: their lines
  "$PYTHON3" -I -c '
import os, sqlite3, sys, urllib.parse
path, queries = (open(name).read() for name in sys.argv[1:])
try:
    url = "file:" + urllib.parse.quote(path.rstrip("\n")) + "?mode=rw"
    database = sqlite3.connect(url, uri=True, timeout=5)
    number = os.stat(path.rstrip("\n")).st_ino
    database.create_function("file_number", 0, lambda: number)
    database.execute("PRAGMA query_only = ON")
    for query in filter(None, queries.split(";\n")):
        for row in database.execute(query):
            print(*row)
except sqlite3.Error as error:
    sys.exit(f"sqlite: {error}")
' "$1" "$2"
}

sqlite_change() { # sqlite_change CONNECTION OPENING SQL ROW [SCHEMA]: in one transaction; ROW has to change exactly one row, SCHEMA to find nothing
  "$PYTHON3" -I -c '
import sqlite3, sys, urllib.parse
path, opening, sql, row, *schema = (open(name).read() for name in sys.argv[1:])
try:
    url = "file:" + urllib.parse.quote(path.rstrip("\n")) + "?mode=rw"
    database = sqlite3.connect(url, uri=True, timeout=5, isolation_level=None)
    database.executescript("BEGIN IMMEDIATE;\n" + opening + sql + "\n;")
    changed = database.execute(row).rowcount
    if changed != 1 or not database.in_transaction:
        sys.exit(f"sqlite: rows of the migration table changed: {changed}, not 1")
    for query in "".join(schema).split(";\n"):
        if differences := [text for (text,) in database.execute(query)]:
            sys.exit("sqlite: the schema would not be the expected one: " + "; ".join(differences))
    database.execute("COMMIT")
except sqlite3.Error as error:
    sys.exit(f"sqlite: {error}")
' "$@"
}

sqlite_backup() { # sqlite_backup CONNECTION FILE: a copy, in place only once its integrity was checked
  umask 077
  mkdir -p -- "${2%/*}"
  rm -f -- "$2.draft"
  "$PYTHON3" -I -c '
import sqlite3, sys, urllib.parse
path = open(sys.argv[1]).read()
try:
    url = "file:" + urllib.parse.quote(path.rstrip("\n")) + "?mode=rw"
    copy = sqlite3.connect(sys.argv[2])
    sqlite3.connect(url, uri=True, timeout=5).backup(copy)
    (found,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
    copy.close()
    if found != "ok":
        sys.exit(f"sqlite: the copy is damaged: {found}")
except sqlite3.Error as error:
    sys.exit(f"sqlite: {error}")
' "$1" "$2.draft"
  mv -- "$2.draft" "$2"
  backup_made "$2"
}

sqlite_backed_up() { # sqlite_backed_up FILE CONNECTION APPLIED: is there a backup from before the first change?
  local applied
  applied=$(sqlite_read "$2" "$3") || return
  backup_counts "$1" "$applied"
}

sqlite_drill() { # sqlite_drill CONNECTION FILE: a backup that counts once a copy of it was opened and compared
  local path
  path=$(cat -- "$1")
  sqlite_rows "$path" >"$OUTPUT.before"
  sqlite_backup "$1" "$2.undrilled"
  sqlite_rows "$path" >"$OUTPUT.after"
  # shellcheck disable=SC2064  # the name is known now
  trap "rm -f -- $(printf %q "$2.scratch")" EXIT
  cp -- "$2.undrilled" "$2.scratch"
  sqlite_rows "$2.scratch" >"$OUTPUT.copy"
  same_rows "$OUTPUT.before" "$OUTPUT.after" "$OUTPUT.copy"
  mv -- "$2.undrilled" "$2"
  backup_made "$2"
}

sqlite_rows() { # sqlite_rows PATH: lines "ROWS TABLE", as of one moment
  "$PYTHON3" -I -c '
import sqlite3, sys, urllib.parse
try:
    url = "file:" + urllib.parse.quote(sys.argv[1]) + "?mode=rw"
    database = sqlite3.connect(url, uri=True, timeout=5, isolation_level=None)
    database.execute("PRAGMA query_only = ON")
    database.execute("BEGIN")
    tables = "SELECT name FROM sqlite_master WHERE type = \"table\" AND name NOT LIKE \"sqlite_%\""
    for (name,) in database.execute(tables).fetchall():
        quoted = chr(34) + name.replace(chr(34), chr(34) * 2) + chr(34)
        (rows,) = database.execute("SELECT count(*) FROM " + quoted).fetchone()
        print(rows, name)
except sqlite3.Error as error:
    sys.exit(f"sqlite: {error}")
' "$1"
}
