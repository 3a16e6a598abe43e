# How rollback.sh and restore.sh run what they register. The same bytes in every run folder; bash 3.2 and newer.
#
# A script sources this file, registers its libraries, guards, locks and steps in order, and ends with `run "$@"`:
#
#   library FILE
#         functions that its commands call, the same bytes in every run folder; loaded only once they are approved.
#   guard ID SUBJECT [--within SECONDS] [--salt SALT] --line SOURCE GOAL MOVE...
#         guard_ID prints one line for each --line, and behind a tab and "# " what it reads where that counts as this line; exit status 9: somebody else holds what it reads. SOURCE: go on. GOAL: nothing to do. Anything else: stop, exit 10.
#   lock  ID TITLE [--within SECONDS] [--by-hand TAKE RELEASE]
#         lock_ID takes the lock, or renews it; exit status 9: somebody else holds it. unlock_ID releases it.
#   step  ID TITLE [--within SECONDS] [--stage N] [--wave N] [--move MOVE]...
#         [--last] [--looks-back] [--prove LINE [--look SECONDS] [--salt SALT] [--guarded]] [--by-hand COMMAND] [--once PLAN]
#         do_ID changes something; prove_ID prints LINE once that holds.
#         --within: seconds for both. --look: seconds for reading the proof once.
#         --by-hand: what a person would type instead of do_ID (lock_ID, unlock_ID), for --list, --dry-run and a failure.
#         --guarded: the guards read the same as prove_ID, so right after them the step skips its first proof.
#         --looks-back: begun and not done, do_ID runs although prove_ID holds: it changes nothing then, and calls also_taken_back.
#         --once: begun and not done, it is never run again, and the run is over; PLAN is the command for what is left.
#         --last: a restart or a mark in a restore. The release is back by then, so its failure skips no other move.
#         Skipped after a failure in an earlier stage, in an earlier wave of its component (the id up to its first dot),
#         or of one of its moves.
#
#   planned_path NAME PATHS
#         The variable NAME was relative when the plan was made: its absolute paths, for a caller who has none.
#
# In the names of functions the dots of an id are two underscores, its dashes one. With --salt, lines are sha256(salt + line).
#
# What those functions may use:
#   VERB      execute or restore          MODE      run, dry-run, where or list
#   BEGUN     yes, once a step was begun  UNDERWAY  the moves that a killed run was at
#   MOVES     the moves of this step      (MOVES and UNDERWAY: ids, each with a blank before and after it)
#   START     a text that no other start of the script has
#   RUN       the run folder, which is also the working directory
#   OUTPUT    the file that holds standard output; $OUTPUT.* is theirs, too         ERRORS  a file for messages
#   changed_nothing  a command that fails says so: what it compared right before its change, or the platform itself, refused
#         all of it. Nothing was changed by this run until then? Then the guards tell whether that is drift (exit 10).
#   say TEXT, die EXIT MESSAGE [FIX], also_taken_back TEXT, trim TEXT (sets TRIMMED), hashed TEXT SALT (sets HASHED), sha256 [FILE]...,
#   read_options --NAME VALUE..., and the filters masked (hides the values of VARIABLES) and printable (drops control characters).
#
# shellcheck shell=bash disable=SC2153,SC2154  # the script that sources this sets VERB, VERDICT, ENVIRONMENT and so on

# ---- registration ------------------------------------------------------------------------------
GUARD_COUNT=0 LINE_COUNT=0 LOCK_COUNT=0 STEP_COUNT=0 LIBRARIES='' LIBRARIES_LOADED=''

library() { LIBRARIES="$LIBRARIES $1"; }

guard() {
  local at=$GUARD_COUNT
  GUARD_IDS[at]=$1 GUARD_SUBJECTS[at]=$2 GUARD_SECONDS[at]=60 GUARD_SALTS[at]='' GUARD_FIRST[at]=$LINE_COUNT
  shift 2
  while [ "$#" -gt 0 ]; do
    case $1 in
      --line) expect_line "$2" "$3" "$4" && shift 4 ;;
      --within) GUARD_SECONDS[at]=$2 && shift 2 ;;
      --salt) GUARD_SALTS[at]=$2 && shift 2 ;;
      *) unknown_option guard "$1" ;;
    esac
  done
  GUARD_END[at]=$LINE_COUNT GUARD_COUNT=$((at + 1))
}

expect_line() { # expect_line SOURCE GOAL MOVE
  LINE_SOURCES[LINE_COUNT]=$1 LINE_GOALS[LINE_COUNT]=$2 LINE_MOVES[LINE_COUNT]=$3
  LINE_COUNT=$((LINE_COUNT + 1))
}

lock() {
  local at=$LOCK_COUNT
  LOCK_IDS[at]=$1 LOCK_TITLES[at]=$2 LOCK_SECONDS[at]=60 LOCK_HELD[at]='' LOCK_TAKEN_AT[at]=0
  LOCK_BY_HAND[at]='' UNLOCK_BY_HAND[at]=''
  shift 2
  while [ "$#" -gt 0 ]; do
    case $1 in
      --within) LOCK_SECONDS[at]=$2 && shift 2 ;;
      --by-hand) LOCK_BY_HAND[at]=$2 UNLOCK_BY_HAND[at]=$3 && shift 3 ;;
      *) unknown_option lock "$1" ;;
    esac
  done
  LOCK_COUNT=$((at + 1))
}

step() {
  local at=$STEP_COUNT
  STEP_IDS[at]=$1 STEP_TITLES[at]=$2 STEP_SECONDS[at]=120 STEP_STAGES[at]=0 STEP_WAVES[at]=0 STEP_MOVES[at]=' '
  STEP_PROOFS[at]='' STEP_EXPECTED[at]='' STEP_LOOKS[at]=60 STEP_SALTS[at]='' STEP_GUARDED[at]='' STEP_LAST[at]='' STEP_LOOKS_BACK[at]='' STEP_BY_HAND[at]='' STEP_ONCE[at]=''
  shift 2
  while [ "$#" -gt 0 ]; do
    case $1 in
      --within) STEP_SECONDS[at]=$2 && shift 2 ;;
      --stage) STEP_STAGES[at]=$2 && shift 2 ;;
      --wave) STEP_WAVES[at]=$2 && shift 2 ;;
      --move) STEP_MOVES[at]="${STEP_MOVES[at]}$2 " && shift 2 ;;
      --prove) STEP_PROOFS[at]=yes STEP_EXPECTED[at]=$2 && shift 2 ;;
      --look) STEP_LOOKS[at]=$2 && shift 2 ;;
      --salt) STEP_SALTS[at]=$2 && shift 2 ;;
      --guarded) STEP_GUARDED[at]=yes && shift ;;
      --looks-back) STEP_LOOKS_BACK[at]=yes && shift ;;
      --last) STEP_LAST[at]=yes && shift ;;
      --by-hand) STEP_BY_HAND[at]=$2 && shift 2 ;;
      --once) STEP_ONCE[at]=$2 && shift 2 ;;
      *) unknown_option step "$1" ;;
    esac
  done
  STEP_COUNT=$((at + 1))
}

planned_path() { # planned_path NAME PATHS: where the plan found the files of a variable, unless its paths are absolute now
  case :${!1-} in *:[!/]* | :) export "$1=$2" ;; esac
}

unknown_option() { die 1 "runner.sh: $1 has no option $2" "report this as a bug"; }

function_of() { # function_of PREFIX ID: FUNCTION, the name that the script defines for it
  FUNCTION=${2//./__}
  FUNCTION=$1_${FUNCTION//-/_}
}

# ---- output ------------------------------------------------------------------------------------
say() { printf '%s\n' "$*" || true; } # the reader may be gone

die() { # die EXIT MESSAGE [FIX]
  printf 'error: %s\n' "$2" >&2 || true
  [ -z "${3-}" ] || printf '  fix: %s\n' "$3" >&2 || true
  exit "$1"
}

# Where a platform cannot refuse a change that came too late: what it took back although nobody had planned that.
# The result reports it; TEXT is "<release> of <app> went back, too: <why>; to bring it back: <command>".
also_taken_back() { # also_taken_back TEXT
  say "$1"
  printf '%s\t%s\n' "$SCRIPT" "$1" | printable >>also-taken-back
}

changed_nothing() { : >"$OUTPUT.unchanged"; }

show_also_taken_back() { # with exit status 5: it is not what was planned. Unless execute.py reports it
  local lines
  lines=$([ -n "$NONCE" ] || [ ! -f also-taken-back ] || sed -n "s/^$SCRIPT$(printf '\t')/warning: /p" also-taken-back)
  [ -n "$lines" ] || return 0
  printf '%s\n' "$lines" >&2 || true
  exit 5
}

now() { date -u +%Y-%m-%dT%H:%M:%SZ; }

HASHER='shasum -a 256'
! command -v sha256sum >/dev/null || HASHER=sha256sum

sha256() { $HASHER "$@"; }

trim() { # trim TEXT: TRIMMED, without blanks around it
  TRIMMED=${1#"${1%%[![:space:]]*}"}
  TRIMMED=${TRIMMED%"${TRIMMED##*[![:space:]]}"}
}

hashed() { # hashed TEXT SALT: HASHED, which is TEXT itself where there is no salt
  HASHED=$1
  [ -z "$2" ] || HASHED=$(printf '%s' "$2$1" | sha256)
  [ -z "$2" ] || HASHED=${HASHED%% *}
}

printable() { tr -d '\000-\010\013-\037\177'; }

masked() { # standard input without the values of the variables that commands were given, and what is secret in a URL
  local line name value part
  while IFS= read -r line || [ -n "$line" ]; do
    for name in $VARIABLES; do
      value=${!name-}
      part=''
      case $value in
        *://*:*@*) part=${value%@*} && part=${part#*://} && part=${part#*:} ;; # the password as it is written
        *[?\&]password=*) part=${value#*[?&]password=} && part=${part%%[&;]*} ;;
      esac
      [ "${#value}" -lt 4 ] || line=${line//"$value"/***}
      [ "${#part}" -lt 4 ] || value=${value#*://} line=${line//"$value"/***} line=${line//"$part"/***}
    done
    printf '%s\n' "$line"
  done
}

# Sets the local variables of its caller: --release web sets release. The functions that the caller calls use them, too.
read_options() { # read_options --NAME VALUE...
  local option
  while [ "$#" -gt 0 ]; do
    option=${1#--}
    [[ $1 == --[a-z]* && $option != *[!a-z_]* && -n ${!option+set} ]] || die 1 "$SCRIPT: unknown option $1" "report this as a bug"
    printf -v "$option" %s "$2"
    shift 2
  done
}

command_text() { # command_text FUNCTION: its command, the program by its name
  local text program
  text=$(declare -f "$1" | sed -e 1,2d -e '$d' | printable)
  trim "$text"
  if [[ $TRIMMED == '"$'[A-Z]* ]]; then
    program=${TRIMMED#??}
    program=${program%%\"*}
    text=${TRIMMED#\"\$"$program"\"}
    program=${!program}
    text="    ${program##*/}$text"
  fi
  printf '%s\n' "$text"
}

# ---- how a command is run ------------------------------------------------------------------------
# In a process group of its own, so that a signal reaches all of it exactly once. Standard output goes to $OUTPUT,
# its exit status to STATUS (124: it did not end within SECONDS).
run_command() { # run_command SECONDS FUNCTION ERRORS
  local limit=$1 began=$SECONDS reported=$SECONDS looks=0 over='' sent=''
  : >"$OUTPUT"
  : >"$3"
  set -m
  { trap - PIPE; "$2"; } >>"$OUTPUT" 2>>"$3" </dev/null &
  CHILD=$!
  set +m
  while kill -0 "$CHILD" 2>/dev/null; do
    pause "$looks"
    looks=$((looks + 1))
    if [ -n "$INTERRUPTED" ] && [ "$sent" != "$INTERRUPTED" ]; then
      sent=$INTERRUPTED
      signal_command "$sent"
    fi
    if [ -z "$over" ] && { [ $((SECONDS - began)) -ge "$limit" ] || [ "$SECONDS" -ge "$LATEST" ]; }; then
      over=$SECONDS
      signal_command TERM
    fi
    [ -z "$over" ] || [ $((SECONDS - over)) -lt 10 ] || signal_command KILL
    report_waiting
  done
  STATUS=0
  wait "$CHILD" 2>/dev/null || STATUS=$?
  CHILD=''
  [ -z "$over" ] || [ -n "$INTERRUPTED" ] || STATUS=124
}

pause() { # pause LOOKS: short at first
  case $1 in
    [0-9] | [1-3]?) sleep 0.01 ;;
    [4-5]?) sleep 0.05 ;;
    [6-7]?) sleep 0.2 ;;
    *) sleep 1 ;;
  esac || true # Ctrl-C ends it, too
}

waiting_for() { WAITING_FOR=$1 SINCE=$(date -u +%H:%M:%S); } # waiting_for WHAT

report_waiting() { # every 30 s: for what, since when, and what was seen last
  [ $((SECONDS - reported)) -ge 30 ] || return 0
  reported=$SECONDS
  last_seen
  say "      still waiting for $WAITING_FOR since $SINCE UTC${SEEN:+: $SEEN}"
}

last_seen() { # SEEN: the command's last line, or what its check reads; nothing that is compared by hash
  SEEN=''
  case $WAITING_FOR in
    "$ITS_COMMAND") SEEN=$(tail -n 1 "$OUTPUT" | masked | printable | cut -c 1-160 || true) ;;
    "$ITS_CHECK")
      [ -n "$SALT" ] || SEEN=$(printf 'it reads %s, not %s' "${TRIMMED:-nothing}" "$EXPECTED" | printable)
      ;;
  esac
}

signal_command() { kill -s "$1" -- "-$CHILD" 2>/dev/null || true; }

in_time() {
  local exit=8
  [ -z "$FAILED" ] || exit=5
  [ "$SECONDS" -lt "$LATEST" ] || die "$exit" "the deadline is reached; the run can be resumed later" "$AGAIN"
}

interrupted() {
  [ -z "$OVER" ] || die 130 "interrupted; the run is over, and a step of it may have been half done" "$AGAIN"
  die 130 "interrupted; the run can be resumed later" "$AGAIN"
}

# ---- guards: is each line as the plan saw it, or already at its goal? ----------------------------
read_guards() { # every guard's command, side by side
  local at=0 longest=0
  while [ "$at" -lt "$GUARD_COUNT" ]; do
    [ "${GUARD_SECONDS[at]}" -le "$longest" ] || longest=${GUARD_SECONDS[at]}
    at=$((at + 1))
  done
  waiting_for "the live state to be read"
  [ "$GUARD_COUNT" = 0 ] || run_command "$longest" start_guards "$ERRORS"
  [ -z "$INTERRUPTED" ] || interrupted
  [ "$MODE" = where ] || in_time # --where shows what was not read in time as unreadable
}

start_guards() { # write the output, errors and exit status of each
  local at=0 process processes='' status
  while [ "$at" -lt "$GUARD_COUNT" ]; do
    rm -f -- "$OUTPUT.$at.status"
    function_of guard "${GUARD_IDS[at]}"
    "$FUNCTION" >"$OUTPUT.$at" 2>"$OUTPUT.$at.errors" &
    processes="$processes $!" at=$((at + 1))
  done
  at=0
  for process in $processes; do
    status=0
    wait "$process" || status=$?
    echo "$status" >"$OUTPUT.$at.status"
    at=$((at + 1))
  done
}

check_guards() { # stop unless every line is at its source or its goal; --where: print a row for each
  local at=0
  AT_SOURCE=' ' GOAL_SEEN='' AWAY=''
  while [ "$at" -lt "$GUARD_COUNT" ]; do
    check_guard
    at=$((at + 1))
  done
}

check_guard() { # the guard at $at
  local line=${GUARD_FIRST[at]} salt=${GUARD_SALTS[at]}
  STATUS=124
  read -r STATUS 2>/dev/null <"$OUTPUT.$at.status" || true
  [ "$STATUS" = 0 ] || [ "$MODE" = where ] || unreadable
  { exec 3<"$OUTPUT.$at"; } 2>/dev/null || exec 3</dev/null
  while [ "$line" -lt "${GUARD_END[at]}" ]; do
    read_guard_line
    locate "${LINE_SOURCES[line]}" "${LINE_GOALS[line]}"
    if [ "$MODE" = where ]; then show_place "${LINE_MOVES[line]}"; else check_line; fi
    line=$((line + 1))
  done
  check_surplus
  exec 3<&-
}

read_guard_line() { # sets READS, what people are shown, too
  local text=''
  IFS= read -r text <&3 || true
  READS=${text#*$'\t# '}
  text=${text%%$'\t# '*}
  trim "$READS"
  READS=$TRIMMED
  trim "$text"
  hashed "$TRIMMED" "$salt"
}

locate() { # locate SOURCE GOAL: sets PLACE to start, end, elsewhere or unreadable, from HASHED and STATUS
  PLACE=elsewhere
  [ "$HASHED" != "$1" ] || PLACE=start
  [ "$HASHED" != "$2" ] || PLACE=end
  [ "$STATUS" = 0 ] || PLACE=unreadable
}

check_line() { # the line at $line
  local source=${LINE_SOURCES[line]} goal=${LINE_GOALS[line]} move=${LINE_MOVES[line]}
  if [ "$PLACE" = elsewhere ]; then
    # nothing is in place where a killed run was at work: its step repairs that
    [ -z "$TRIMMED" ] && [[ $UNDERWAY == *" $move "* ]] || drifted "$source" "$goal"
  fi
  [ "$PLACE" = end ] || AWAY=yes
  [ "$PLACE" != start ] || AT_SOURCE="$AT_SOURCE$move "
  [ "$PLACE" != end ] || [ "$source" = "$goal" ] || GOAL_SEEN=yes
}

check_surplus() { # more lines than planned
  read_guard_line
  [ -n "$TRIMMED" ] || return 0
  PLACE=elsewhere
  if [ "$MODE" = where ]; then show_place ''; else drifted 'no further line' 'no further line'; fi
}

show_place() { # show_place MOVE
  [ -z "$salt" ] || READS=${TRIMMED:+***}
  printf '%s\t%s\t%s\t%s\t%s\n' "$PLACE" "${GUARD_IDS[at]}" "$((line - GUARD_FIRST[at]))" "${1:--}" "$READS"
}

drifted() { # drifted SOURCE GOAL
  local actual=${READS:-nothing} expected="$1 or $2" subject=${GUARD_SUBJECTS[at]}
  if [ -n "$ANNULLED" ]; then annul_start; else release_all_locks; fi # this run can never be resumed
  [ "$1" != "$2" ] || expected=$1
  [ -z "$salt" ] || expected='what the plan saw'
  [ -z "$salt" ] || [ -z "$TRIMMED" ] || actual='something else (compared by hash)'
  printf '  expected: %s\n  found:    %s\n' "$expected" "$actual" | printable >&2
  subject=$(printf '%s' "${subject:0:1}" | tr '[:lower:]' '[:upper:]')${subject:1}
  die 10 "$subject has changed since the plan was made; nothing was changed by this start" "make a new plan"
}

unreadable() {
  local status=$STATUS exit=12 fix='correct the cause shown above'
  [ "$status" != 9 ] || exit=9 fix='wait for whoever holds it'
  tail -n 5 "$OUTPUT.$at.errors" 2>/dev/null | masked | printable | sed 's/^/    /' >&2 || true
  annul_start
  die "$exit" "cannot read ${GUARD_SUBJECTS[at]} (exit status $status); nothing was changed by this start" "$fix, then $AGAIN"
}

# ---- locks that keep other machines away ---------------------------------------------------------
take_locks() { # all of them, then read the guards again: somebody may have changed something just before
  local at=0
  while [ "$at" -lt "$LOCK_COUNT" ]; do
    take_lock
    at=$((at + 1))
  done
  [ "$LOCK_COUNT" = 0 ] || every_step_compares || check_guards_again
  at=0
  while [ "$at" -lt "$LOCK_COUNT" ]; do
    note "${LOCK_IDS[at]}.take" "done" 0
    at=$((at + 1))
  done
}

take_lock() { # the one at $at
  in_time
  say "lock: ${LOCK_TITLES[at]}"
  LOCK_HELD[at]=yes # also when it is interrupted
  renew_lock
  log_output "${LOCK_IDS[at]}.take"
  if [ -n "$INTERRUPTED" ]; then
    note "${LOCK_IDS[at]}.take" failed "$STATUS"
    interrupted
  fi
  [ "$STATUS" = 0 ] || refuse_lock "$STATUS"
}

renew_lock() { # the one at $at
  function_of lock "${LOCK_IDS[at]}"
  waiting_for "the lock"
  run_command "${LOCK_SECONDS[at]}" "$FUNCTION" "$OUTPUT"
  [ "$STATUS" != 0 ] || LOCK_TAKEN_AT[at]=$SECONDS
}

refuse_lock() { # refuse_lock STATUS: 9, somebody else holds it; this run then releases its own locks
  local exit=12 fix='fix the problem named above' reason
  [ "$1" != 124 ] || in_time
  reason=$(tail -n 1 "$OUTPUT" | masked | printable)
  if [ "$1" = 9 ]; then
    exit=9 fix='wait for it to end' LOCK_HELD[at]=''
    release_held_locks
  fi
  reason=${reason:-${LOCK_IDS[at]} cannot be locked (exit status $1)}
  die "$exit" "$reason; nothing was changed by this start" "$fix, then $AGAIN"
}

every_step_compares() { # the platform itself rejects every change if somebody else was faster
  local at=0
  while [ "$at" -lt "$STEP_COUNT" ]; do
    [ "${STEP_MOVES[at]}" = ' ' ] || [ -n "${STEP_GUARDED[at]}" ] || return 1
    at=$((at + 1))
  done
}

check_guards_again() {
  read_guards
  check_guards
}

renew_locks() { # before a step, the locks older than two minutes. STATUS 9: somebody else now holds one of them
  local at=0
  STATUS=0
  while [ "$at" -lt "$LOCK_COUNT" ] && [ "$STATUS" != 9 ]; do
    if [ $((SECONDS - LOCK_TAKEN_AT[at])) -ge 120 ]; then renew_lock; fi
    at=$((at + 1))
  done
  [ "$STATUS" = 9 ] || STATUS=0 # a lock that could not be renewed still has half of its time left
}

release_locks() { # at the end, last one first, whatever failed
  local at=$LOCK_COUNT
  while [ "$at" -gt 0 ]; do
    at=$((at - 1))
    release_lock "${LOCK_IDS[at]}.release"
  done
}

release_lock() { # release_lock NAME: the one at $at
  local began=$SECONDS
  in_time
  say "unlock: ${LOCK_TITLES[at]}"
  note "$1" start null
  function_of unlock "${LOCK_IDS[at]}"
  run_command "${LOCK_SECONDS[at]}" "$FUNCTION" "$OUTPUT"
  log_output "$1"
  if [ "$STATUS" = 0 ]; then
    LOCK_HELD[at]=''
    note "$1" "done" 0
  else
    note "$1" failed "$STATUS"
    cp "$OUTPUT" "$OUTPUT.last" || true
    [ -n "$INTERRUPTED" ] || report_failure "$1" "$STATUS" "${LOCK_SECONDS[at]}"
  fi
  [ -z "$INTERRUPTED" ] || interrupted
}

release_held_locks() { # when the script ends early; the journal needs no line
  local at=$LOCK_COUNT
  while [ "$at" -gt 0 ]; do
    at=$((at - 1))
    [ -n "${LOCK_HELD[at]}" ] || continue
    LOCK_HELD[at]='' INTERRUPTED='' LATEST=$((SECONDS + 20))
    function_of unlock "${LOCK_IDS[at]}"
    run_command 20 "$FUNCTION" "$OUTPUT.last"
  done
}

release_all_locks() { # also those that a killed run took without a line in the journal
  local at=0
  [ "$MODE" = run ] || return 0
  while [ "$at" -lt "$LOCK_COUNT" ]; do
    LOCK_HELD[at]=yes at=$((at + 1))
  done
  release_held_locks
}

release_unless_changed() { # a run that changed nothing blocks nobody; one that is to be resumed keeps its locks
  [ -n "$CHANGED" ] || release_held_locks
}

# ---- steps: already done? else do it, prove it, record it ----------------------------------------
select_step() { # select_step NUMBER, from 0
  ID=${STEP_IDS[$1]} TITLE="[$(($1 + 1))/$STEP_COUNT] ${STEP_TITLES[$1]}"
  LIMIT=${STEP_SECONDS[$1]} MOVES=${STEP_MOVES[$1]}
  PROOF=${STEP_PROOFS[$1]} EXPECTED=${STEP_EXPECTED[$1]} LOOK=${STEP_LOOKS[$1]}
  SALT=${STEP_SALTS[$1]} GUARDED=${STEP_GUARDED[$1]} LAST=${STEP_LAST[$1]} LOOKS_BACK=${STEP_LOOKS_BACK[$1]} BY_HAND=${STEP_BY_HAND[$1]} ONCE=${STEP_ONCE[$1]}
  function_of prove "$ID"
  PROVE=$FUNCTION
  function_of "do" "$ID"
  DO=$FUNCTION
}

run_steps() {
  local next=0
  while [ "$next" -lt "$STEP_COUNT" ]; do
    select_step "$next"
    run_step "${STEP_STAGES[next]}" "${ID%%.*}" "${STEP_WAVES[next]}"
    next=$((next + 1))
  done
}

run_step() { # run_step STAGE COMPONENT WAVE
  order_after_failures "$@"
  if [ -n "$SKIPPED" ]; then
    say "$TITLE: skipped, an earlier step failed"
  elif [ "$VERB" = restore ] && ! was_started; then
    say "$TITLE: was never started"
  else
    take_step
  fi
}

take_step() {
  seen_by_guards || prove
  if [ -n "$INTERRUPTED" ]; then
    interrupted
  elif [ -n "$PROVEN" ] && ! has_to_look_back; then
    say "$TITLE: already done"
    [ "$MODE" = dry-run ] || note "$ID" "done" null
  elif [ "$MODE" = dry-run ]; then
    say "$TITLE: would run"
    step_text
  else
    change
  fi
}

has_to_look_back() { # a killed start of this script has begun the step
  [ -n "$LOOKS_BACK" ] && [ "$MODE" = run ] || return 1
  case $(grep -F "\"script\": \"$SCRIPT\", \"step\": \"$ID\"," journal.jsonl | tail -n 1) in '' | *'"event": "done"'*) return 1 ;; esac
}

order_after_failures() { # order_after_failures STAGE COMPONENT WAVE: sets SKIPPED
  local move
  [ "$1" = "$STAGE" ] || { STAGE=$1 STAGE_BLOCKED=$LATER_BLOCKED; }
  if [ "$2 $3" != "$WAVE" ]; then
    WAVE="$2 $3" WAVE_BLOCKED=''
    [[ $FAILED_COMPONENTS != *" $2 "* ]] || WAVE_BLOCKED=yes
  fi
  SKIPPED=$STAGE_BLOCKED$WAVE_BLOCKED
  for move in $MOVES; do [[ $FAILED_MOVES != *" $move "* ]] || SKIPPED=yes; done
}

was_started() { grep -qF "\"script\": \"rollback.sh\", \"step\": \"$ID\", \"event\": \"start\"" <<<"$JOURNAL"; }

seen_by_guards() { # the guards have just read that this step is not done yet
  local move
  PROVEN=''
  [ -n "$GUARDED" ] && [ "$MODE" = run ] && [ -z "$BEGUN" ] || return 1
  for move in $MOVES; do [[ $AT_SOURCE == *" $move "* ]] || return 1; done
}

prove() { # sets PROVEN to yes when the proof holds now
  local OUTPUT=$OUTPUT.read # it may hold secrets, which must not reach the log after a kill
  PROVEN=''
  [ -n "$PROOF" ] || return 0
  run_command "$LOOK" "$PROVE" "$ERRORS"
  [ "$STATUS" = 0 ] || return 0
  trim "$(cat "$OUTPUT")"
  hashed "$TRIMMED" "$SALT"
  [ "$HASHED" != "$EXPECTED" ] || PROVEN=yes
}

change() {
  local began=$SECONDS reported=$SECONDS ended first=''
  in_time
  say "$TITLE"
  [ -n "$BEGUN$CHANGED" ] || first=yes
  rm -f -- "$OUTPUT.unchanged"
  note "$ID" start null
  CHANGED=yes
  renew_locks
  waiting_for "$ITS_COMMAND"
  [ -z "$ONCE" ] || OVER=$ONCE AGAIN="make a new plan for what is left: $ONCE"
  [ "$STATUS" = 9 ] || run_command "$LIMIT" "$DO" "$OUTPUT"
  ended=$STATUS
  log_output "$ID"
  if [ -n "$INTERRUPTED" ]; then
    note "$ID" failed "$ended"
    interrupted
  fi
  cp "$OUTPUT" "$OUTPUT.last" || true
  wait_for_proof
  refuse_drift
  conclude
}

refuse_drift() { # the platform refused the first change of this run because somebody else was faster: exit 10, or 9
  [ -n "$first" ] && [ -z "$PROVEN" ] && [ "$ended" != 0 ] && [ -e "$OUTPUT.unchanged" ] && [ -z "$INTERRUPTED" ] || return 0
  ANNULLED=yes
  read_guards
  check_guards
  if [ "$ended" = 9 ]; then
    annul_start
    die 9 "somebody else holds what this changes; nothing was changed by this start" "wait for it to end, then $AGAIN"
  fi
  ANNULLED=''
}

annul_start() { # after refuse_drift: the journal says that this start changed nothing, so it is not one to be resumed or undone
  [ -n "$ANNULLED" ] || return 0
  tail -n 3 "$OUTPUT.last" | masked | printable | sed 's/^/    /' >&2 || true
  release_all_locks
  note nothing-changed "done" null
  CHANGED='' ANNULLED=''
}

wait_for_proof() {
  local looks=0
  WAITING_FOR=$ITS_CHECK
  output_proves || prove
  while [ -n "$PROOF" ] && [ -z "$PROVEN" ] && [ "$ended" = 0 ] && [ -z "$INTERRUPTED" ] &&
    [ $((SECONDS - began)) -lt "$LIMIT" ]; do
    in_time
    pause "$looks"
    looks=$((looks + 4)) # each look may open a connection
    report_waiting
    prove
  done
}

output_proves() { # the command printed the platform's answer: the hash that its proof would read
  PROVEN=''
  [ "$ended" = 0 ] && [ -n "$SALT" ] && [ "$(tail -n 1 "$OUTPUT")" = "$EXPECTED" ] && PROVEN=yes
}

conclude() {
  if [ -n "$PROVEN" ] || { [ -z "$PROOF" ] && [ "$ended" = 0 ]; }; then
    note "$ID" "done" "$ended"
    say "      done$(took $((SECONDS - began)))"
  else
    note "$ID" failed "$ended"
    [ "$ended" != 124 ] || [ -n "$ONCE" ] || in_time
    [ -n "$INTERRUPTED" ] || step_failed
  fi
  [ -z "$INTERRUPTED" ] || interrupted
}

took() { [ "$1" = 0 ] || printf ' (%s s)' "$1"; } # took SECONDS

step_text() { # the command of the step as a person would type it in the run folder
  if [ -n "$BY_HAND" ]; then say "    $BY_HAND"; else command_text "$DO"; fi
}

step_failed() {
  FAILED_MOVES="$FAILED_MOVES${MOVES# }"
  [ -n "$LAST" ] || FAILED_COMPONENTS="$FAILED_COMPONENTS${ID%%.*} " LATER_BLOCKED=yes
  FUNCTION=$DO
  report_failure "$ID" "$ended" "$LIMIT"
}

report_failure() { # report_failure ID STATUS SECONDS: of FUNCTION
  local cause='correct the cause shown above (all of it: rollback.log)' undo fix
  undo="bash $(printf '%q' "$RUN/restore.sh")"
  fix="$cause, then $AGAIN; or undo what was done: $undo"
  [ -z "$OVER" ] || fix="$cause, then $AGAIN"
  [ "$VERB" = execute ] || fix="$cause, then $AGAIN; or make a new plan for the release that should serve"
  FAILED=yes
  {
    say "step $1 failed (exit status $2)"
    [ "$2" != 124 ] || say "  timed out after $3 s"
    [ "$2" != 0 ] || say "  the command succeeded, but its check did not pass within $3 s"
    say "  command:"
    if [ "$FUNCTION" = "$DO" ]; then step_text; else command_text "$FUNCTION"; fi
    say "  last lines:"
    tail -n 10 "$OUTPUT.last" | masked | printable | sed 's/^/    /'
    say "  fix: $fix"
  } >&2 || true
}

# ---- journal and log -----------------------------------------------------------------------------
note() { # note STEP EVENT EXIT: append a line to the journal; before the first one, the person's reason
  printf '%s{"at": "%s", "script": "%s", "step": "%s", "event": "%s", "exit": %s}\n' \
    "$WHY" "$(now)" "$SCRIPT" "$1" "$2" "$3" >>journal.jsonl ||
    die 5 "cannot write journal.jsonl, and nothing is done without it" "free disk space, then $AGAIN"
  WHY=''
}

log_output() { # log_output ID: append the output of its command to the log
  { printf '%s %s %s, exit %s\n' "$(now)" "$SCRIPT" "$1" "$STATUS" && masked <"$OUTPUT"; } >>rollback.log ||
    say "      not written to rollback.log"
}

in_effect() { # in_effect FOLDER: its journal, without the starts that changed nothing
  awk '
    { script = index($0, "\"script\": \"restore.sh\"") > 0 }
    index($0, "\"step\": \"nothing-changed\"") { while (count && scripts[count] == script) count--; next }
    { lines[++count] = $0; scripts[count] = script }
    END { for (at = 1; at <= count; at++) print lines[at] }' "$1/journal.jsonl" 2>/dev/null || true
}

recall() { # read from the journal what this run has done so far
  local at=0
  JOURNAL=$(in_effect .)
  while [ "$at" -lt "$STEP_COUNT" ]; do
    select_step "$at"
    recall_step
    at=$((at + 1))
  done
  at=0
  while [ "$at" -lt "$LOCK_COUNT" ]; do
    recall_lock "${LOCK_IDS[at]}"
    at=$((at + 1))
  done
  MOVES=' '
}

recall_step() {
  local last
  last=$(grep -F "\"step\": \"$ID\"," <<<"$JOURNAL" | tail -n 1 || true)
  case $last in
    *"\"script\": \"$SCRIPT\""*'"event": "done"'*) BEGUN=yes ;;
    '') [ "$VERB" = restore ] || PENDING=yes ;;
    *'"event": "done"'*) PENDING=yes ;;
    *) BEGUN=yes PENDING=yes UNDERWAY="$UNDERWAY${MOVES# }" ;;
  esac
  case $last in *"\"script\": \"$SCRIPT\""*) CHANGED=yes ;; esac
  case $last in '' | *'"event": "done"'*) ;; *) OVER=${ONCE:-$OVER} ;; esac
}

recall_lock() { # recall_lock ID: the lock at $at is held from its take until its release is done
  local last
  last=$(grep -F -e "\"step\": \"$1.take\"," -e "\"step\": \"$1.release\"," <<<"$JOURNAL" | tail -n 1 || true)
  case $last in
    '' | *"\"step\": \"$1.release\""*'"event": "done"'*) ;;
    *) LOCK_HELD[at]=yes PENDING=yes ;;
  esac
}

open_records() {
  (umask 077 && : >>journal.jsonl && : >>rollback.log && : >>"$OUTPUT" && : >>"$ERRORS" &&
    head -c 65536 /dev/zero >"$OUTPUT.last") 2>/dev/null ||
    die 2 "$RUN cannot be written, or its disk is full; nothing was changed by this start" \
      "free disk space, or correct the permissions"
  [ -z "$(tail -c 1 journal.jsonl)" ] || printf '\n' >>journal.jsonl # a line that a kill cut short
  if [ -s "$OUTPUT" ]; then
    STATUS='?'
    log_output '(of a killed run)'
  fi
}

# ---- the lock of the project: one run at a time --------------------------------------------------
take_project_lock() {
  local file="$PROJECT/.claude/deployment-rollback/lock" given=${ROLLBACK_LOCK_FD-}
  unset ROLLBACK_LOCK_FD
  mkdir -p "${file%/*}"
  [ ! -L "$file" ] || die 9 "$file is a link" "remove it"
  if [[ $given =~ ^[0-9]+$ ]] && [ "/dev/fd/$given" -ef "$file" ]; then
    exec 9<&"$given"
    [ "$given" = 9 ] || eval "exec $given<&-" # held once, so that a step can start a server without it
  else
    exec 9<>"$file"
    OWN_LOCK=yes
  fi
  # every command inherits descriptor 9: what a killed run left running keeps the lock
  flock_descriptor || locked_out "$file"
  [ -z "$OWN_LOCK" ] || printf '%s, run %s since %s (pid %s)\n' "$SCRIPT" "${RUN##*/}" "$(now)" "$$" >"$file"
}

locked_out() { # locked_out FILE: name the holder, and how to find what a killed one left running
  local holder pid fix='wait for it to end'
  holder=$(head -n 1 "$1" | printable)
  pid=${holder##*"(pid "}
  pid=${pid%")"}
  if [[ $pid =~ ^[0-9]+$ ]] && ! is_running "$pid"; then
    holder="$holder; that process is gone, but something it started still runs"
    fix=$(printf 'find it with fuser %q or lsof %q; wait for it, or end it' "$1" "$1")
  fi
  die 9 "locked by $holder" "$fix"
}

is_running() { if [ -d /proc/self ]; then [ -d "/proc/$1" ]; else ps -p "$1" >/dev/null 2>&1; fi; } # is_running PID

flock_descriptor() { # 9, without waiting
  if command -v flock >/dev/null; then
    flock -n 9
  elif command -v perl >/dev/null; then
    perl -e 'open(LOCK, "+<&=9") && flock(LOCK, 6) or exit 1'
  else
    die 69 "neither flock nor perl is installed: runs cannot be kept apart" "install one of them"
  fi
}

release_project_lock() { # a server that a step left running must not keep the lock of a run that is over
  rm -rf -- "$OUTPUT" "$ERRORS" "$OUTPUT".* || true
  [ -n "$OWN_LOCK" ] || return 0
  if command -v flock >/dev/null; then
    flock -u 9 || true
  else
    perl -e 'open(LOCK, "+<&=9") && flock(LOCK, 8)' || true
  fi
}

# ---- approval: nothing is run without one --------------------------------------------------------
COVERED='plan.json rollback.sh restore.sh runner.sh question.execute.txt question.restore.txt'

digest() { # over those files, the libraries and state/
  {
    # shellcheck disable=SC2086  # one word for each file
    sha256 $COVERED $LIBRARIES
    # shellcheck disable=SC2086  # a program and its options
    [ ! -d state ] || find state -type f -exec $HASHER {} +
  } | LC_ALL=C sort | sha256 | cut -d ' ' -f 1
}

approve() {
  local file odd
  for file in $COVERED $LIBRARIES state; do
    [ ! -L "$file" ] || die 4 "$file is a link, not part of a plan" "make a new plan"
  done
  for file in $COVERED $LIBRARIES; do
    [ -f "$file" ] || die 4 "$file is missing: this run folder is incomplete" "make a new plan"
  done
  odd=$([ ! -d state ] || find state ! -type f ! -type d)
  [ -z "$odd" ] || die 4 "not a regular file of the plan: $odd" "make a new plan"
  DIGEST=$(digest)
  if [ -n "$NONCE" ]; then use_approval; else ask; fi
}

load_libraries() { # execute.py has put the bytes that it hashed into the script
  local file
  [ -z "$LIBRARIES_LOADED" ] || return 0
  for file in $LIBRARIES; do
    [ -f "$file" ] || die 4 "$file is missing: this run folder is incomplete" "make a new plan"
    # shellcheck disable=SC1090  # a name in a variable
    . "./$file"
  done
}

use_approval() { # one digest, one verb, one use, 15 minutes
  local file digest='' verb='' expires=0 client='' now
  file=$APPROVALS/$(printf '%s' "$NONCE" | sha256 | cut -d ' ' -f 1)
  [ -f "$file" ] && [ ! -L "$file" ] || die 4 "this approval is not on file" "ask for approval again"
  read -r digest verb expires client <"$file" || true
  rm -- "$file" || die 4 "the approval could not be used up" "check the permissions of $APPROVALS"
  [ "$digest" = "$DIGEST" ] ||
    die 4 "the approval is for another plan: plan, scripts or payloads are not what was approved" "make a new plan"
  [ "$verb" = "$VERB" ] || die 4 "the approval is for $verb, not for $VERB" "ask for approval again"
  [ -z "$client" ] ||
    die 4 "the client has to start execute.py or restore.py: this approval is its own" "run the command of the next: line"
  now=$(date +%s)
  [ "$now" -le "$expires" ] && [ "$expires" -le $((now + 900)) ] ||
    die 4 "the approval is older than 15 minutes, or the clock was set back" "ask for approval again"
}

ask() {
  local answer='' expected=yes verb='roll back'
  find_agent
  [ -z "$AGENT" ] || die 4 "inside an agent session ($AGENT) the agent client has to ask" \
    "run python3 execute.py or restore.py with this run folder"
  (: <>/dev/tty) 2>/dev/null || die 4 "approval needed, and there is no terminal to ask on" "run it in a terminal"
  [ "$VERB" = execute ] || verb=restore
  [ -z "$PROTECTED" ] || expected='ROLLBACK PRODUCTION'
  {
    about
    titles
    printf 'Type %s to %s %s: ' "$expected" "$verb" "$(printf %s "$ENVIRONMENT" | printable)"
  } >/dev/tty
  read_answer || die 4 "no answer; nothing was changed" "run it again"
  [ -z "$PROTECTED" ] || trim "${answer%%:*}"
  [ -n "$PROTECTED" ] || trim "$answer"
  [ "$TRIMMED" = "$expected" ] || die 4 "that is not the expected answer; nothing was changed" "run it again"
  [ -z "$PROTECTED" ] || [[ $answer != *:*[!\ ]* ]] || keep_reason "${answer#*:}"
}

titles() { # the steps about to run, a line each
  local at=0
  while [ "$at" -lt "$STEP_COUNT" ]; do
    select_step "$at"
    say "  $TITLE"
    at=$((at + 1))
  done
}

keep_reason() { # keep_reason TEXT: sets WHY, a journal line without characters that would end a JSON string
  local reason
  reason=$(printf %s "$1" | printable | tr '"\\\t' "'/ ")
  WHY="{\"at\": \"$(now)\", \"script\": \"$SCRIPT\", \"reason\": \"$reason\"}"$'\n'
}

# A signal that comes just before read begins is noticed only when read returns, so it returns each second.
# bash 3 cannot tell that from the end of the input.
read_answer() {
  local tick=1 status=142
  [ "${BASH_VERSINFO[0]}" -gt 3 ] || tick=''
  while [ "$status" -gt 128 ]; do
    status=0
    IFS= read -r ${tick:+-t "$tick"} answer </dev/tty || status=$?
  done
  return "$status"
}

find_agent() { # AGENT: the evidence that an agent client started this. Stops plain cases, not a disguise.
  local process=$PPID name marks='^CLAUDECODE=|^CLAUDE_CODE_SESSION_ID='
  AGENT=''
  [ -z "${CLAUDECODE+x}${CLAUDE_CODE_SESSION_ID+x}" ] || AGENT='its mark is in the environment'
  while [ -z "$AGENT" ] && [ "${process:-0}" -gt 0 ]; do
    if [ -d /proc/self ]; then
      name=$(cat "/proc/$process/comm" 2>/dev/null || true)
      ! { tr '\000' '\n' <"/proc/$process/environ" | grep -qE "$marks"; } 2>/dev/null ||
        AGENT="process $process carries its mark"
      process=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$process/status" 2>/dev/null || true)
    else
      name=$(ps -o comm= -p "$process" 2>/dev/null || true)
      ! ps eww -o command= -p "$process" 2>/dev/null | tr ' ' '\n' | grep -qE "$marks" ||
        AGENT="process $process carries its mark"
      process=$(ps -o ppid= -p "$process" 2>/dev/null | tr -d ' ' || true)
    fi
    name=${name##*/}
    [ "${name#-}" != claude ] || AGENT="a parent process is named claude"
  done
}

# ---- modes ---------------------------------------------------------------------------------------
run() { # run [--dry-run | --where | --list | --help]
  prepare
  case ${1-} in
    '') run_for_real ;;
    --dry-run | --where) read_only "${1#--}" ;;
    --list) list ;;
    --help) help ;;
    *) help >&2 && exit 2 ;;
  esac
  exit 0
}

prepare() {
  ITS_COMMAND='its command to end' ITS_CHECK='its check to pass' WAITING_FOR='' SINCE=''
  MODE=run SCRIPT=rollback.sh WHY='' CHILD='' INTERRUPTED='' OWN_LOCK='' MOVES=' '
  # shellcheck disable=SC2034  # read by functions of databases
  START="$$ $RANDOM $RANDOM $RANDOM" # process ids repeat, above all in containers
  STAGE='' STAGE_BLOCKED='' LATER_BLOCKED='' WAVE='' WAVE_BLOCKED='' FAILED='' FAILED_MOVES=' ' FAILED_COMPONENTS=' '
  BEGUN='' PENDING='' UNDERWAY=' ' CHANGED='' OVER='' ONCE='' ANNULLED='' JOURNAL=''
  [ "$VERB" = execute ] || SCRIPT=restore.sh
  # passed by execute.py; no command gets to see it
  NONCE=${ROLLBACK_NONCE-} LATEST=${ROLLBACK_SECONDS:-1000000000}
  unset ROLLBACK_NONCE ROLLBACK_SECONDS
  OUTPUT=$RUN/.output ERRORS=$RUN/.errors AGAIN="run it again: bash $(printf '%q' "$RUN/$SCRIPT")"
  { export LC_ALL=C.UTF-8; } 2>/dev/null
}

run_for_real() {
  trap '' PIPE # without a reader the run goes on; the journal has everything
  trap 'die 130 "interrupted; nothing was changed by this start" "$AGAIN"' INT TERM HUP
  take_project_lock
  trap release_project_lock EXIT
  recall
  refuse_unless_valid
  approve
  load_libraries
  open_records
  trap 'INTERRUPTED=INT' INT
  trap 'INTERRUPTED=TERM' TERM
  trap 'INTERRUPTED=HUP' HUP
  trap 'release_unless_changed || true; release_project_lock' EXIT
  in_time
  read_guards
  check_guards
  if arrived; then
    close_restore
    show_also_taken_back
    return
  fi
  take_locks
  run_steps
  release_locks
  show_also_taken_back
  [ -z "$FAILED" ] || exit 5
  [ -n "$NONCE" ] || say "done: every step is proven by reading it back; this script does not check health"
}

refuse_unless_valid() {
  [ "$VERDICT" = ready ] || die 6 "this plan is $VERDICT: it cannot be executed" "make a new plan"
  if [ "$VERB" = restore ]; then
    [ -n "$JOURNAL" ] ||
      die 2 "this run was never started: there is nothing to restore" "name a run that was started"
    refuse_later_runs
  else
    [ -z "$OVER" ] || die 6 "this run is over: a step that runs only once was begun" "make a new plan for what is left: $OVER"
    [ ! -e abandoned.json ] || die 6 "this run was closed with --abandon" "make a new plan"
    [ -n "$BEGUN" ] || [ "$(date +%s)" -le "$EXPIRES" ] || die 10 "the plan has expired" "make a new plan"
  fi
}

# Guards see the releases that a later run has left, not what its code needs of a database.
refuse_later_runs() {
  local folder began
  began=$(began_at .)
  for folder in "$PROJECT"/.rollback-checkpoint-*; do
    [ -s "$folder/journal.jsonl" ] && [ ! "$folder" -ef . ] && [ ! -L "$folder" ] || continue
    [[ $(began_at "$folder") > $began ]] || continue
    grep -qF "\"environment\": \"$ENVIRONMENT\"" "$folder/plan.json" 2>/dev/null || continue
    grep -qF '"part": "database"' plan.json "$folder/plan.json" || continue
    ! is_in_effect "$folder" || die 6 "run ${folder##*/} began later and is still in effect; nothing was changed" \
      "restore that run first: bash $(printf '%q' "$folder/restore.sh")"
  done
}

began_at() { # began_at FOLDER: when, and its name where two began in the same second
  local first folder
  first=$(in_effect "$1" | sed -n 1p)
  first=${first#*'"at": "'}
  folder=$(cd -- "$1" && pwd -P)
  echo "${first%%'"'*} ${folder##*/}"
}

is_in_effect() { # is_in_effect FOLDER: was a step of that run begun that can be undone, and is not?
  local line step journal
  journal=$(in_effect "$1")
  while IFS= read -r line; do
    step=${line#*'"step": "'}
    step=${step%%'"'*}
    grep -qE "^step ${step//./\\.} " "$1/restore.sh" || continue
    case $(grep -F "\"step\": \"$step\"," <<<"$journal" | tail -n 1) in
      *'"script": "restore.sh"'*'"event": "done"'*) ;;
      *) return 0 ;;
    esac
  done < <(grep -F '"script": "rollback.sh"' <<<"$journal" | grep -F '"event": "start"')
  return 1
}

arrived() { # every line is at its goal, and the journal has nothing unfinished
  [ -n "$GOAL_SEEN" ] && [ -z "$AWAY" ] &&
    { [ -z "$PENDING" ] || { [ "$VERB" = execute ] && [ -z "$BEGUN" ]; }; }
}

close_restore() { # a restore with nothing to undo ends the run too: the journal says so once
  local reached='already there; nothing to do'
  if [ "$VERB" = restore ] && ! tail -n 1 <<<"$JOURNAL" | grep -qF '"script": "restore.sh"'; then
    reached='no step that can be undone was begun: nothing to do'
    note nothing-to-undo "done" null
  fi
  say "$reached"
}

read_only() { # read_only dry-run|where
  MODE=$1
  OUTPUT=$(mktemp -d)/output
  ERRORS=$OUTPUT.errors
  trap 'rm -r -- "${OUTPUT%/*}"' EXIT
  recall
  load_libraries
  read_guards
  if [ "$MODE" = where ]; then
    check_guards | printable
  else
    check_guards
    show_locks lock
    run_steps
    show_locks unlock
  fi
}

list() { # what it checks, locks and runs, to be pasted into bash: commands as a person types them, all else as comments
  local at=0
  MODE=list
  say "cd $(printf '%q' "$RUN")"
  while [ "$at" -lt "$GUARD_COUNT" ]; do
    say "# check: ${GUARD_SUBJECTS[at]}"
    at=$((at + 1))
  done
  show_locks lock
  at=0
  while [ "$at" -lt "$STEP_COUNT" ]; do
    select_step "$at"
    say "# $TITLE"
    step_text
    at=$((at + 1))
  done
  show_locks unlock
}

show_locks() { # show_locks lock|unlock
  local at=0 command
  while [ "$at" -lt "$LOCK_COUNT" ]; do
    say "# $1: ${LOCK_TITLES[at]}"
    command=${LOCK_BY_HAND[at]}
    [ "$1" = lock ] || command=${UNLOCK_BY_HAND[at]}
    function_of "$1" "${LOCK_IDS[at]}"
    if [ -n "$command" ]; then say "    $command"; else command_text "$FUNCTION"; fi
    at=$((at + 1))
  done
}

help() {
  about
  say "usage: bash $SCRIPT [--dry-run | --where | --list | --help]"
  say "  (nothing)  asks for approval, then does it; started again, it resumes where it was"
  say "  --dry-run  reads the current state and prints what would be run; changes nothing"
  say "  --where    prints for each guarded line whether it is at start, end or elsewhere; changes nothing"
  say "  --list     prints the commands as they can be pasted into bash; runs nothing"
  say "exit: 0 done, 4 not approved, 5 a step failed, 6 blocked, 8 deadline, 9 locked,"
  say "      10 changed since the plan or expired, 12 cannot be read, 130 interrupted"
}

about() { # the head of the script: what it does
  sed -n -e 1d -e '/^# Usage: /q' -e 's/^# //p' "$SCRIPT"
}
