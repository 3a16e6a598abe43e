# What the steps call of PostgreSQL databases that only another place reaches, such as a container.
# shellcheck shell=bash disable=SC2154  # runner.sh sets OUTPUT

# CONNECTION holds where the password is, then the command that starts a program there, one word a line.
# That command reads the password as the first line of its input.
postgresql_client() { # postgresql_client CONNECTION PROGRAM ARGUMENT...
  local connection=$1 form variable password word count
  shift
  count=$#
  {
    read -r _ _ form variable
    while IFS= read -r word; do set -- "$@" "$word"; done
  } <"$connection"
  while [ "$count" -gt 0 ]; do # the program comes last
    set -- "$@" "$1"
    shift
    count=$((count - 1))
  done
  password=$(url_password "$form" "${!variable-}")
  [ -n "$password" ] || password=$(printenv PGPASSWORD) || true
  { printf '%s\n' "$password" && cat; } | "$@"
}

postgresql_client_read() { # postgresql_client_read CONNECTION QUERIES: their lines, of a read-only transaction
  postgresql_client "$1" psql -X -q -A -t -w -1 -v ON_ERROR_STOP=1 -c 'SET TRANSACTION READ ONLY' -f - <"$2"
}

# The SQL of a migration is an argument: what psql would take for its own command is an error of the server.
# What comes on the input may be long. Its last line keeps the change: one that ends early, or that a COPY reads, keeps nothing.
postgresql_client_change() { # postgresql_client_change CONNECTION OPENING SQL ROW [SCHEMA]: in one transaction, which ends well only with that schema
  local opening sql
  opening=$(cat "$2")
  sql=$(cat "$3")
  { cat "${@:4}" && echo 'COMMIT;'; } | postgresql_client "$1" psql -X -q -w -v ON_ERROR_STOP=1 -c BEGIN -c "$opening" -c "
$sql" -f -
}

postgresql_client_backup() { # postgresql_client_backup CONNECTION FILE: a dump, in place only once it was read to its end
  umask 077
  mkdir -p -- "${2%/*}"
  postgresql_client "$1" pg_dump -Fc -Z1 -w --lock-wait-timeout=10000 </dev/null >"$2.draft"
  postgresql_client "$1" pg_restore -f /dev/null <"$2.draft"
  mv -- "$2.draft" "$2"
  backup_made "$2"
}

postgresql_client_backed_up() { # postgresql_client_backed_up FILE CONNECTION APPLIED: is there a backup from before the first change?
  local applied
  applied=$(postgresql_client_read "$2" "$3") || return
  backup_counts "$1" "$applied"
}

postgresql_client_drill() { # postgresql_client_drill CONNECTION FILE: a dump that counts once it was restored there and compared
  local scratch
  postgresql_client_drop_scratch "$1" "${2##*/}.scratch"
  postgresql_client_rows "$1" >"$OUTPUT.before"
  postgresql_client_backup "$1" "$2.undrilled"
  postgresql_client_rows "$1" >"$OUTPUT.after"
  scratch=rollback_drill_$$_$(date +%s)
  # shellcheck disable=SC2064  # the names are known now
  trap "postgresql_client_drop_scratch $(printf '%q %q' "$1" "${2##*/}.scratch")" EXIT
  postgresql_scratch_query | postgresql_client "$1" psql -X -q -A -t -w -v ON_ERROR_STOP=1 -v name="$scratch" -f -
  printf '%s\n' "$scratch" >"${2##*/}.scratch"
  postgresql_client "$1" pg_restore -w --exit-on-error --no-owner --no-privileges -d "$scratch" <"$2.undrilled"
  postgresql_client_rows "$1" "$scratch" >"$OUTPUT.copy"
  same_rows "$OUTPUT.before" "$OUTPUT.after" "$OUTPUT.copy"
  mv -- "$2.undrilled" "$2"
  backup_made "$2"
}

postgresql_client_drop_scratch() { # postgresql_client_drop_scratch CONNECTION FILE: the database that FILE names, also one that a killed start left
  local name
  [ -s "$2" ] || return 0
  read -r name <"$2"
  postgresql_client "$1" psql -X -q -w -v ON_ERROR_STOP=1 -c "DROP DATABASE IF EXISTS \"$name\"" </dev/null
  rm -f -- "$2"
}

postgresql_client_rows() { # postgresql_client_rows CONNECTION [DATABASE]: lines "ROWS TABLE", as of one moment
  postgresql_rows_query | postgresql_client "$1" psql -X -q -A -t -w -v ON_ERROR_STOP=1 ${2:+"--dbname=$2"} -f -
}
