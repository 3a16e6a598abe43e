# The backup that a command of the settings makes, and backups that are restored before they count.
# shellcheck shell=bash disable=SC2154  # runner.sh sets the variables in capitals

# A word "$NAME" or "--option=$NAME" has the value of that variable; no value is written. A shell among the words reads them itself.
backup_by_command() { # backup_by_command FILE FOLDER WORD...: runs the words in FOLDER; FILE keeps their last line, the backup's name
  local file=$1 folder=$2 count status=0 name
  shift 2
  count=$#
  while [ "$count" -gt 0 ]; do
    set -- "$@" "$(backup_word "$1")"
    shift
    count=$((count - 1))
  done
  umask 077
  mkdir -p -- "${file%/*}"
  (cd -- "$folder" && "$@") >"$OUTPUT.backup" || status=$?
  cat -- "$OUTPUT.backup"
  [ "$status" = 0 ] || return "$status"
  name=$(tail -n 1 -- "$OUTPUT.backup" | masked | printable)
  [ -n "$name" ] || { echo "the backup command printed no name" >&2 && return 1; }
  printf '%s\n' "$name" >"$file"
  backup_made "$file"
}

backup_word() { # backup_word WORD: with the value of the variable at its end
  local name=${1##*$}
  if [[ $1 =~ ^([^[:space:]$]*=)?[$][A-Za-z_][A-Za-z0-9_]*$ ]]; then
    printf '%s%s' "${1%"\$$name"}" "${!name-}"
  else
    printf %s "$1"
  fi
}

# Rows are counted before the backup, after it and in the copy: the copy has a number between both, whatever is written meanwhile.
same_rows() { # same_rows BEFORE AFTER COPY: files with lines "ROWS TABLE"
  awk '
    { rows = $1; sub(/^[0-9]+ /, ""); seen[FILENAME, $0] = 1; count[FILENAME, $0] = rows; tables[$0] }
    END {
      before = ARGV[1]; after = ARGV[2]; copy = ARGV[3]
      for (table in tables) {
        all++
        b = count[before, table] + 0; a = count[after, table] + 0; c = count[copy, table] + 0
        if (!((copy, table) in seen) && (before, table) in seen && (after, table) in seen) {
          print table " is missing in the restored backup"; odd++
        } else if (!((before, table) in seen) && !((after, table) in seen)) {
          print table " is in the restored backup only"; odd++
        } else if ((c < a && c < b) || (c > a && c > b)) {
          print table " has " c " rows in the restored backup, " b " before and " a " after it was made"; odd++
        }
      }
      if (odd) exit 1
      print "restored and compared: " all + 0 " tables"
    }' "$1" "$2" "$3"
}
