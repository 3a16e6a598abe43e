# What the steps of PostgreSQL databases call.
# shellcheck shell=bash disable=SC2154  # runner.sh and the script set the variables in capitals

# CONNECTION is a service file of libpq without the password. Its first line names the variable whose URL has it.
postgresql() { # postgresql CONNECTION PROGRAM ARGUMENT...
  local connection=$1 form variable password
  read -r _ _ form variable <"$connection"
  password=$(url_password "$form" "${!variable-}")
  shift
  PGSERVICEFILE=$connection PGSERVICE=rollback PGPASSWORD=${password:-${PGPASSWORD-}} "$@"
}

postgresql_read() { # postgresql_read CONNECTION QUERIES: their lines, of a read-only transaction
  postgresql "$1" "$PSQL" -X -q -A -t -w -1 -v ON_ERROR_STOP=1 -c 'SET TRANSACTION READ ONLY' -f "$2"
}

# The SQL of a migration is sent as it is: what psql would take for its own command is an error of the server.
postgresql_change() { # postgresql_change CONNECTION OPENING SQL ROW [SCHEMA]: in one transaction, which ends well only with that schema
  local sql
  sql=$(cat "$3")
  postgresql "$1" "$PSQL" -X -q -w -1 -v ON_ERROR_STOP=1 -f "$2" -c "
$sql" -f "$4" ${5:+-f "$5"}
}

postgresql_backup() { # postgresql_backup CONNECTION FILE: a dump, in place only once it was read to its end
  umask 077
  mkdir -p -- "${2%/*}"
  postgresql "$1" "$PG_DUMP" -Fc -Z1 -w --lock-wait-timeout=10000 -f "$2.draft"
  "$PG_RESTORE" -f /dev/null "$2.draft"
  mv -- "$2.draft" "$2"
  backup_made "$2"
}

postgresql_backed_up() { # postgresql_backed_up FILE CONNECTION APPLIED: is there a backup from before the first change?
  local applied
  applied=$(postgresql_read "$2" "$3") || return
  backup_counts "$1" "$applied"
}

postgresql_drill() { # postgresql_drill CONNECTION FILE: a dump that counts once it was restored and compared
  local scratch
  postgresql_drop_scratch "$1" "${2##*/}.scratch"
  postgresql_rows "$1" >"$OUTPUT.before"
  postgresql_backup "$1" "$2.undrilled"
  postgresql_rows "$1" >"$OUTPUT.after"
  scratch=rollback_drill_$$_$(date +%s)
  # shellcheck disable=SC2064  # the names are known now
  trap "postgresql_drop_scratch $(printf '%q %q' "$1" "${2##*/}.scratch")" EXIT
  postgresql_scratch_query | postgresql "$1" "$PSQL" -X -q -A -t -w -v ON_ERROR_STOP=1 -v name="$scratch" -f -
  printf '%s\n' "$scratch" >"${2##*/}.scratch"
  postgresql "$1" "$PG_RESTORE" -w --exit-on-error --no-owner --no-privileges -d "$scratch" "$2.undrilled"
  postgresql_rows "$1" "$scratch" >"$OUTPUT.copy"
  same_rows "$OUTPUT.before" "$OUTPUT.after" "$OUTPUT.copy"
  mv -- "$2.undrilled" "$2"
  backup_made "$2"
}

postgresql_scratch_query() { # makes the database :name, empty, with the encoding and the collation of this one
  cat <<'SQL'
SELECT format('CREATE DATABASE %I TEMPLATE template0 ENCODING %L LC_COLLATE %L LC_CTYPE %L', :'name',
  pg_encoding_to_char(encoding), datcollate, datctype) FROM pg_database WHERE datname = current_database() \gexec
SQL
}

postgresql_drop_scratch() { # postgresql_drop_scratch CONNECTION FILE: the database that FILE names, also one that a killed start left
  local name
  [ -s "$2" ] || return 0
  read -r name <"$2"
  postgresql "$1" "$PSQL" -X -q -w -v ON_ERROR_STOP=1 -c "DROP DATABASE IF EXISTS \"$name\""
  rm -f -- "$2"
}

postgresql_rows() { # postgresql_rows CONNECTION [DATABASE]: lines "ROWS TABLE", as of one moment
  postgresql_rows_query | postgresql "$1" "$PSQL" -X -q -A -t -w -v ON_ERROR_STOP=1 ${2:+"--dbname=$2"} -f -
}

postgresql_rows_query() {
  cat <<'SQL'
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT format('SELECT count(*) || '' '' || %L FROM ONLY %I.%I', n.nspname || '.' || c.relname, n.nspname, c.relname)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND n.nspname !~ '^(pg_|information_schema$)'
  AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') \gexec
SQL
}
