# What the steps of databases share, whatever their engine.
# shellcheck shell=bash disable=SC2154  # runner.sh sets START and OUTPUT

# The server, or a client in another place, may go on with what an interrupted step began, and commit it later.
settled() { # settled READ CONNECTION SETTLED PROOF: what PROOF prints; fails while a change of this database goes on
  cat -- "$3" "$4" >"$OUTPUT.settled"
  "$1" "$2" "$OUTPUT.settled"
}

backup_made() { echo "$START" >"${1##*/}.by"; } # backup_made FILE: by this start of the script, remembered in the run folder

# A backup of an earlier start lacks what was written since: it counts only once a change has been made.
backup_counts() { # backup_counts FILE APPLIED: yes or no; APPLIED are the lines of what is applied now
  local by
  by=$(cat -- "${1##*/}.by" 2>/dev/null) || by=''
  if [ -s "$1" ] && { [ "$by" = "$START" ] || [[ $2$'\n' == *' absent'$'\n'* ]]; }; then echo yes; else echo no; fi
}
