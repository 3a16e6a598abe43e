# What the steps of release folders call.
# shellcheck shell=bash disable=SC2154  # runner.sh and the script set the variables in capitals

# Plain sh, so that they run on any host. PATH is the folder that holds releases/ and current.
# The target release counts as the one that serves also when its folder was deleted since: a restore leaves it.
# A rollback needs that folder, and its first guard misses it.
serving() { # serving PATH [TARGET]: the release that current points to, and its REVISION
  link=$(readlink "$1/current" || echo "(no link)")
  while [ "${link%/}" != "$link" ]; do link=${link%/}; done
  name=${link##*/}
  [ "$1/current" -ef "$1/releases/$name" ] || [ "${link%/*}" = releases ] ||
    [ "${link%/*}" = "$1/releases" ] || name=$link
  file=$1/releases/$name/REVISION
  revision=$([ ! -f "$file" ] || head -c 200 "$file" | head -n 1 | tr -d '\000\t')
  case ${2-} in "$name "*) [ -d "$1/releases/$name" ] || revision=${2#"$name "} ;; esac
  printf "%s %s\n" "$name" "$revision"
}

switch_link() { # switch_link PATH LINK: in one rename, so that a reader finds the old or the new release, never none
  cd -P -- "$1" || return 1
  [ -d "$2" ] || { printf "%s: %s is gone\n" "$1" "$2" >&2 && return 1; }
  rm -f .current.rollback # left by a killed run
  ln -s "$2" .current.rollback
  # without -T, mv moves the new link into the folder that the old one points to; macOS has no -T, so perl renames
  why=$(mv -fT .current.rollback current 2>&1) ||
    perl -e 'rename($ARGV[0], $ARGV[1]) or die "current: $!\n"' .current.rollback current ||
    { printf "%s (neither mv -T nor perl can rename it)\n" "$why" >&2 && return 1; }
}

restart() { # restart PATH COMMAND...: run COMMAND in the live release
  cd -- "$1/current" || return 1
  shift
  "$@" 9>&- # a server that it starts would keep the lock of a killed run for as long as it serves
}

append_to_log() { # append_to_log PATH LINE: to Capistrano's log, after completing an unterminated last line
  [ -z "$(tail -c 1 "$1/revisions.log")" ] || echo >>"$1/revisions.log"
  printf '%s\n' "$2" >>"$1/revisions.log"
}

end_of_log() { tail -n 1 "$1/revisions.log"; } # end_of_log PATH

mark_bad() { # mark_bad PATH RELEASE USER: the file that Deployer's own rollback writes
  printf "%s,%s\n" "$(date -u +%Y-%m-%dT%H:%M:%S+0000)" "$3" >"$1/releases/$2/BAD_RELEASE"
}

unmark_bad() { rm -f -- "$1/releases/$2/BAD_RELEASE"; } # unmark_bad PATH RELEASE

is_bad() { if [ -f "$1/releases/$2/BAD_RELEASE" ]; then echo yes; else echo no; fi; } # is_bad PATH RELEASE

identity() { # identity PATH TARGET LINE [VERB]: the machine, the folder, and the target release unless it still is as in LINE
  cd -P -- "$1" || return 1
  changed=''
  if [ "${4-$VERB}" = execute ]; then # a restore does not need the release that it leaves
    file=releases/$2/REVISION
    revision=$([ ! -f "$file" ] || head -c 200 "$file" | head -n 1 | tr -d '\000\t' | sed 's/[[:space:]]*$//')
    changed="$2${revision:+ $revision}"
    [ -d "releases/$2" ] || changed="$2 (gone)"
    [ "$changed" != "$3" ] || changed=''
  fi
  printf "%s %s%s\n" "$(uname -n)" "$(pwd -P)" "${changed:+ $changed}"
}

# The function is sent on standard input, so that any login shell will do.
remote() { # remote HOST FUNCTION ARGUMENT...: run one of these over ssh
  local host=$1
  shift
  { echo 'set -eu' && declare -f "$1" && quoted "$@"; } | ssh -o BatchMode=yes -o ConnectTimeout=10 -- "$host" sh -s
}

remote_identity() { # remote_identity HOST PATH TARGET LINE: the host's key, then its identity
  local lines
  lines=$({ declare -f identity && quoted identity "$2" "$3" "$4" "$VERB"; } |
    ssh -v -o BatchMode=yes -o ConnectTimeout=10 -o ControlPath=none -- "$1" 'sh -s | sed "s/^/identity: /"' 2>&1) ||
    { printf '%s\n' "$lines" | grep -v '^debug1: ' >&2 && return 1; }
  printf '%s\n' "$lines" | tr -d '\r' |
    sed -n -e 's/^debug1: Server host key: //p' -e 's/^identity: //p' | paste -s -d ' ' -
}

quoted() { # quoted ARGUMENT...: as the words of one sh command
  local word
  for word in "$@"; do printf "'%s' " "$(printf %s "$word" | sed "s/'/'\\\\''/g")"; done
  echo '</dev/null'
}
