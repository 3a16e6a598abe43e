# What the steps of databases share, whatever their engine.
# shellcheck shell=bash

backup_made() { echo "$$" >"${1##*/}.by"; } # backup_made FILE: by this start of the script, remembered in the run folder

# A backup of an earlier start lacks what was written since: it counts only once a change has been made.
backup_counts() { # backup_counts FILE APPLIED: yes or no; APPLIED are the lines of what is applied now
  local by
  by=$(cat -- "${1##*/}.by" 2>/dev/null) || by=''
  if [ -s "$1" ] && { [ "$by" = "$$" ] || [[ $2$'\n' == *' absent'$'\n'* ]]; }; then echo yes; else echo no; fi
}
