# How the statements of a migration run one by one on MySQL and MariaDB, where no transaction holds them together.
# Their journal is a file of the run folder with lines like "down 2 start", "down 2 done" and "down row done".
# mysql_change sets connection, sql, way, journal, session, header and text, which all of these read.
# shellcheck shell=bash disable=SC2154  # set by mysql_change, runner.sh and the script

mysql_session() { # mysql_session OPENING: a client that reads descriptor 7 and answers on 8
  local opening
  rm -f -- "$OUTPUT.in" "$OUTPUT.answers"
  mkfifo "$OUTPUT.in" "$OUTPUT.answers"
  mysql_client "$connection" --unbuffered --delimiter=';;rollback;;' <"$OUTPUT.in" >"$OUTPUT.answers" 2>"$OUTPUT.refused" &
  session=$!
  exec 7>"$OUTPUT.in" 8<"$OUTPUT.answers"
  trap '' PIPE # a client that has ended is noticed by its answer
  opening=$(cat -- "$1")
  [ -n "$(mysql_untouched)" ] || opening=${opening%%-- rollback: *} # what it would count may be gone by now
  mysql_send "$opening" show
  [ -n "$answered" ] || mysql_stop
}

mysql_untouched() { # yes, if no statement in this direction may have taken effect
  [ -e "$journal" ] || { echo yes && return; }
  awk -v way="$way" '
    $1 != leg { leg = $1; begun = 0 }
    { last = $2 " " $3 }
    $3 != "failed" { begun++ }
    $3 == "failed" { begun-- }
    END { if (leg == way ? !begun : last == "row done") print "yes" }' "$journal"
}

mysql_send() { # mysql_send TEXT [show]: sets answered to yes if the server took all of it; show: prints what it answers
  local answer="rollback answer $RANDOM" reply=''
  answered=''
  printf '%s;;rollback;;\nSELECT '\''%s'\'';;rollback;;\n' "$1" "$answer" >&7 2>/dev/null || true
  while [ -z "$answered" ] && IFS= read -r reply <&8; do
    if [ "$reply" = "$answer" ]; then answered=yes; elif [ -n "${2-}" ]; then printf '%s\n' "$reply"; fi
  done
}

mysql_stop() { # what the client printed; the step ends
  exec 7>&- 8<&-
  wait "$session" || true
  # a condition of ours that does not hold is an error by this number; what it is about stands above
  sed 's/^ERROR 1242 .*/this has to be so: our lock, no more than was counted, exactly one row of the migration table/' "$OUTPUT.refused" >&2
  exit 1
}

mysql_state() { # mysql_state NUMBER: done, todo or unknown. After half a migration in the other direction all is unknown
  [ -e "$journal" ] || { echo todo && return; }
  awk -v way="$way" -v number="$1" '
    function turn(to) { half = leg != "" && last != "row done"; leg = to; state = "" }
    $1 != leg { turn($1) }
    { last = $2 " " $3 }
    $1 == way && $2 == number { state = $3 }
    END {
      if (leg != way) turn(way)
      print state == "done" ? "done" : state == "start" || (state == "" && half) ? "unknown" : "todo"
    }' "$journal"
}

mysql_look() { # did the statement take effect?
  local seen=''
  [ "$kind" != again ] || { echo todo && return; }
  [ "$kind" != look ] || seen=$(printf '%s;\n' "$look" | mysql_client "$connection")
  case $seen in
    after) echo "done" ;;
    before) echo todo ;;
    *) echo unknown ;;
  esac
}

mysql_unknown() { # mysql_unknown NUMBER: only a person can tell
  exec 7>&- 8<&-
  {
    echo "it is unknown whether statement $1 of $sql took effect; nothing was repeated"
    echo "look at the database, then tell it to this run in $PWD:"
    echo "    echo '$way $1 done' >>$journal      # it took effect"
    echo "    echo '$way $1 failed' >>$journal    # it did not: it is to be run"
  } >&2
  exit 1
}

mysql_row() { # mysql_row ROW: the row of the migration tool, last of all, unless it is as it should be
  local seen
  seen=$(mysql_read "$connection" "${1%-row.sql}-proof.sql")
  case $way:$seen in
    down:absent* | up:applied*) printf '%s row done\n' "$way" >>"$journal" ;;
    *) mysql_run row "$(cat -- "$1")" ;;
  esac
}

mysql_run() { # mysql_run NUMBER TEXT: what the server itself refused had no effect
  printf '%s %s start\n' "$way" "$1" >>"$journal"
  mysql_send "$2"
  if [ -n "$answered" ]; then
    printf '%s %s done\n' "$way" "$1" >>"$journal"
  else
    wait "$session" || true
    ! grep -qE '^ERROR (1|3|4)[0-9]{3} ' "$OUTPUT.refused" || grep -qE '^ERROR (1053|1317|1927) ' "$OUTPUT.refused" ||
      printf '%s %s failed\n' "$way" "$1" >>"$journal"
    mysql_stop
  fi
}

mysql_statement() { # the statement in $header and $text
  local number kind look state
  [ -n "$header" ] || return 0
  read -r number kind look <<<"$header"
  state=$(mysql_state "$number")
  [ "$state" != unknown ] || [ "$kind" = session ] || state=$(mysql_look)
  case $kind:$state in
    session:*)
      mysql_send "$text"
      [ -n "$answered" ] || mysql_stop
      ;;
    *:done) ;;
    *:todo) mysql_run "$number" "$text" ;;
    *) mysql_unknown "$number" ;;
  esac
}

mysql_journal() { # mysql_journal SQL: state/db/2.down.sql is kept in db.2.statements
  local name=${1#state/}
  name=${name%.*.sql}
  printf '%s.statements' "${name//\//.}"
}
