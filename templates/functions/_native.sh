# What the steps of migrations call that their own tool reverses.
# shellcheck shell=bash disable=SC2154  # runner.sh and the script set the variables in capitals

# Plain sh, so that it runs on any host. A change that waits for a lock would hold up everybody behind it.
in_release() { # in_release RELEASE FOLDER COMMAND...: with the programs of the release first
  cd -- "$1/$2" || return 1
  PATH=$PWD/.venv/bin:$PWD/venv/bin:$PWD/node_modules/.bin:$1/.venv/bin:$1/venv/bin:$1/node_modules/.bin:$PATH
  PGOPTIONS="${PGOPTIONS-} -c lock_timeout=5s"
  export PATH PGOPTIONS
  shift 2
  "$@"
}

# The exit status of a migration tool is no proof: it may have found nothing to do. MARK corrects its row where only that
# is missing; it is empty where the names in LINE are the same before COMMAND, which then do not tell.
migrate() { # migrate READ CONNECTION COUNTS PROOF MARK LINE COMMAND...: unless COUNTS complains, COMMAND; then PROOF reads LINE
  local read=$1 connection=$2 counts=$3 proof=$4 mark=$5 expected=$6 line
  shift 6
  line=$("$read" "$connection" "$proof")
  if [ -n "$mark" ] && [ "${line#* }" = "${expected#* }" ]; then # tools change the schema, then their table
    printf 'a killed start changed the schema, but not the row of the tool: %s\n' "$line" >&2
    printf 'correct that row, then run this again: %s\n' "$mark" >&2
    return 1
  fi
  line=$("$read" "$connection" "$counts")
  trim "$line"
  [ -z "$TRIMMED" ] || { printf '%s\n' "$TRIMMED" >&2 && return 1; }
  ("$@")
  line=$("$read" "$connection" "$proof")
  [ "$line" = "$expected" ] || { printf 'the tool reported success, but the database has: %s\n' "$line" >&2 && return 1; }
}

last_line_of() { # last_line_of COMMAND...: the last line that it prints
  local text
  text=$("$@")
  printf '%s\n' "${text##*$'\n'}"
}
