# What the steps of MySQL and MariaDB databases call.
# shellcheck shell=bash disable=SC2034,SC2154  # mysql_statements.sh reads those of mysql_change; runner.sh sets those in capitals

# CONNECTION is an option file without the password. Its first lines name the variable whose URL has it,
# both programs and the database.
mysql_program() { # mysql_program CONNECTION client|dump ARGUMENT...
  local connection=$1 program form variable password
  program=$(sed -n "s/^# $2: //p" "$connection")
  read -r _ _ form variable <"$connection"
  password=$(url_password "$form" "${!variable-}")
  password=${password:-${MYSQL_PWD-}}
  shift 2
  if grep -q '^# through: ' "$connection"; then
    mysql_through "$@"
  else
    MYSQL_PWD=$password "$program" --defaults-file="$connection" "$@"
  fi
}

# The command of the connection reads the password as the first line of its input, and looks for the program by its names.
mysql_through() { # mysql_through ARGUMENT...: $program in another place, by $connection
  local count=$# word
  while IFS= read -r word; do set -- "$@" "$word"; done < <(sed -n 's/^# through: //p' "$connection")
  set -- "$@" "$program"
  while IFS= read -r word; do set -- "$@" "$word"; done < <(sed -n 's/^# login: //p' "$connection")
  while [ "$count" -gt 0 ]; do # its own arguments come last
    set -- "$@" "$1"
    shift
    count=$((count - 1))
  done
  { printf '%s\n' "$password" && cat; } | "$@"
}

mysql_client() { # mysql_client CONNECTION [OPTION]...: runs standard input; a backslash is no command of the client
  local connection=$1
  shift
  mysql_program "$connection" client -N -B -r --binary-mode --comments --skip-reconnect "$@" "$(mysql_database "$connection")"
}

mysql_database() { sed -n 's/^# database: //p' "$1"; } # mysql_database CONNECTION: its name

mysql_read() { # mysql_read CONNECTION QUERIES: their lines, of a read-only transaction
  { printf 'START TRANSACTION READ ONLY;\n' && cat -- "$2"; } | mysql_client "$1"
}

# No transaction holds the statements of a migration together: each has its lines in a journal of the run folder. A later
# start goes on behind the last one that was done. Where it is unknown whether one took effect, the database is asked.
mysql_change() { # mysql_change CONNECTION OPENING SQL ROW: SQL by statements, then ROW, in one session that holds our lock
  local connection=$1 sql=$3 way=${3%.sql} journal session answered header='' text='' line
  way=${way##*.} journal=$(mysql_journal "$3")
  mysql_session "$2"
  while IFS= read -r line || [ -n "$line" ]; do
    if [[ $line == '-- rollback: '* ]]; then
      mysql_statement
      header=${line#-- rollback: } text=''
    else
      text=$text$line$'\n'
    fi
  done <"$sql"
  mysql_statement
  mysql_row "$4"
  exec 7>&- 8<&-
}

mysql_backup() { # mysql_backup CONNECTION FILE: a dump, in place only once its last line was read
  umask 077
  mkdir -p -- "${2%/*}"
  mysql_program "$1" dump --single-transaction --quick --routines --hex-blob --no-tablespaces "$(mysql_database "$1")" </dev/null >"$2.draft"
  [[ $(tail -n 1 -- "$2.draft") == '-- Dump completed'* ]] || { echo "the dump is incomplete" >&2 && return 1; }
  mv -- "$2.draft" "$2"
  backup_made "$2"
}

# A half reversed migration is a change, too, although its row is in the table.
mysql_backed_up() { # mysql_backed_up FILE CONNECTION APPLIED: is there a backup from before the first change?
  local applied begun
  applied=$(mysql_read "$2" "$3") || return
  begun=$(mysql_journal "${2%/*}/*.down.sql")
  ! compgen -G "$begun" >/dev/null || applied="$applied"$'\nstatements absent'
  backup_counts "$1" "$applied"
}

mysql_drill() { # mysql_drill CONNECTION FILE: a dump that counts once it was restored and compared
  local scratch database
  database=$(mysql_database "$1")
  mysql_drop_scratch "$1" "${2##*/}.scratch"
  mysql_rows "$1" "$database" >"$OUTPUT.before"
  mysql_backup "$1" "$2.undrilled"
  mysql_rows "$1" "$database" >"$OUTPUT.after"
  scratch=rollback_drill_$$_$(date +%s)
  # shellcheck disable=SC2064  # the names are known now
  trap "mysql_drop_scratch $(printf '%q %q' "$1" "${2##*/}.scratch")" EXIT
  printf 'CREATE DATABASE %s;\n' "$scratch" | mysql_client "$1"
  printf '%s\n' "$scratch" >"${2##*/}.scratch"
  mysql_program "$1" client --binary-mode "$scratch" <"$2.undrilled"
  mysql_rows "$1" "$scratch" >"$OUTPUT.copy"
  same_rows "$OUTPUT.before" "$OUTPUT.after" "$OUTPUT.copy"
  mv -- "$2.undrilled" "$2"
  backup_made "$2"
}

mysql_drop_scratch() { # mysql_drop_scratch CONNECTION FILE: the database that FILE names, also one that a killed start left
  local name
  [ -s "$2" ] || return 0
  read -r name <"$2"
  printf 'DROP DATABASE IF EXISTS %s;\n' "$name" | mysql_client "$1"
  rm -f -- "$2"
}

mysql_rows() { # mysql_rows CONNECTION DATABASE: lines "ROWS TABLE", as of one moment
  {
    echo 'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY;'
    mysql_program "$1" client -N -B -r --binary-mode "$2" <<'SQL'
SELECT CONCAT('SELECT CONCAT(count(*), '' '', ', QUOTE(table_name), ') FROM `', REPLACE(table_name, '`', '``'), '`;')
  FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE';
SQL
  } | mysql_program "$1" client -N -B -r --binary-mode "$2"
}
