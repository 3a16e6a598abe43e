# What the steps of Kubernetes call.
# shellcheck shell=bash disable=SC2154  # runner.sh and the script set the variables in capitals

# No file of this run holds a template, which may hold secrets: it is read from the cluster, compared by salted hash, and handed on through pipes.
hashed_whole() { # hashed_whole CONTEXT NAMESPACE SALT ARGUMENT...: what kubectl prints, by hash
  local context=$1 namespace=$2 salt=$3 said
  shift 3
  said=$(kubectl_at "$context" "$namespace" "$@") || return
  hashed "$said" "$salt"
  printf '%s\n' "$HASHED"
}

hashed_each() { # hashed_each CONTEXT NAMESPACE SALT ARGUMENT...: the same of each line
  local context=$1 namespace=$2 salt=$3 said
  shift 3
  said=$(kubectl_at "$context" "$namespace" "$@") || return
  printf '%s\n' "$said" | hash_lines "$salt"
}

hash_lines() { # hash_lines SALT: an empty line stays one
  local line
  while IFS= read -r line; do
    HASHED=''
    [ -z "$line" ] || hashed "$line" "$1"
    printf '%s\n' "$HASHED"
  done
}

hashed_places() { # hashed_places CONTEXT NAMESPACE SALT KINDS FILES: of each workload whether its template is as planned, there or another; empty when it is gone
  local said
  said=$(kubectl_at "$1" "$2" get "$4" --output "jsonpath-file=$5.jsonpath") || return
  hashed "$said" "$3"
  # all of them are where they were, or where they go: no need to look at each
  { printf '%s\n' "$HASHED" && { sed -n 1p "$5.hashes" | grep -qF "$HASHED" || printf '%s\n' "$said" | hash_lines "$3"; }; } | awk '
    function place(at, hash) { return (hash == "") ? "" : ((hash == there[at]) ? "there" : ((hash == seen[at]) ? "as planned" : "another template")) }
    NR == FNR { seen[FNR] = $1; there[FNR] = $2; count = FNR; next }
    FNR > 1 { print place(FNR, $0); next }
    $0 == seen[1] || $0 == there[1] { for (at = 2; at <= count; at++) print place(1, $0) }' "$5.hashes" -
}

revisions_held() { # revisions_held CONTEXT NAMESPACE SALT KINDS FILE: does the cluster still remember what this script goes to? Of few each is asked for by name
  local names found
  names=$(cat "$5.$VERB")
  # shellcheck disable=SC2086  # one word for each name
  found=$(kubectl_at "$1" "$2" get ${4:-$names} --ignore-not-found --output name) || return
  printf '%s\n' "$found" | awk '
    NR == FNR { held[$0]; next }
    !($0 in held) { gone = gone " " $0 }
    END { print((gone == "") ? "held" : "gone:" substr(gone, 1, 200)) }' - "$5.$VERB"
}

swap_template() { # swap_template CONTEXT NAMESPACE SALT KIND/NAME UID REVISION BEFORE AFTER CAUSE CUTS
  local live held
  live=$(kubectl_at "$1" "$2" get "$4" --output 'jsonpath={.metadata.uid} {.spec.template}') || return
  held=$(kubectl_at "$1" "$2" get "$6" --output 'jsonpath={.spec.template}{.data.spec.template}') || return
  swap "$@" "$live" "$held"
}

swap() { # swap (as swap_template) LIVE HELD: the server refuses it when the live template is another one by then
  local what=$4 held=${12} cause='' cut
  hashed "${11}" "$3"
  [ "$HASHED" != "$8" ] || return 0
  [ "$HASHED" = "$7" ] || not_swapped "$what" "its template is not the one that the plan saw" || return
  # shellcheck disable=SC2086  # one word for each cut
  [ "${10}" = - ] || for cut in ${10}; do held=${held/"$cut"/}; done
  hashed "$5 $held" "$3"
  [ "$HASHED" = "$8" ] || not_swapped "$what" "$6 is gone, or holds another template than the plan saw" || return
  [ "$9" = - ] || cause=", {\"op\": \"add\", \"path\": \"/metadata/annotations/kubernetes.io~1change-cause\", \"value\": $9}"
  printf '[{"op": "test", "path": "/metadata/uid", "value": "%s"}, {"op": "test", "path": "/spec/template", "value": %s}, {"op": "replace", "path": "/spec/template", "value": %s}%s]' \
    "$5" "${11#* }" "$held" "$cause" | kubectl_at "$1" "$2" patch "$what" --type json --patch-file /dev/stdin --output name
}

not_swapped() { # not_swapped KIND/NAME WHY
  printf '%s: %s; left alone\n' "$1" "$2"
  return 1
}

swap_templates() { # swap_templates CONTEXT NAMESPACE SALT KINDS REVISIONS FILES execute|restore: side by side, each with its own condition
  local live held todo worker workers='' status=0
  live=$(kubectl_at "$1" "$2" get "$4" --output "jsonpath-file=$6.jsonpath") || return
  held=$(kubectl_at "$1" "$2" get "$5" --output 'jsonpath={range .items[*]}{.kind}/{.metadata.name} {.spec.template}{.data.spec.template}{"\n"}{end}') || return
  todo=$(printf '%s\nheld\n%s\n' "$live" "$held" | beside "$6.$7")
  for worker in 0 1 2 3 4 5 6 7; do
    printf '%s\n' "$todo" | awk -v worker="$worker" 'NR % 8 == worker' | swap_each "$1" "$2" "$3" &
    workers="$workers $!"
  done
  for worker in $workers; do wait "$worker" || status=1; done
  return "$status"
}

beside() { # beside FILE: its rows, each with what standard input says of its workload and, below the word held, of its revision
  awk '
    NR == FNR && $0 == "held" { below = 1; next }
    NR == FNR {
      at = index($0, " ")
      key = substr($0, 1, at - 1)
      if (below) { sub(/\//, ".apps/", key); key = tolower(key) }
      text[key] = below ? substr($0, at + 1) : $0
      next
    }
    { split($0, row, "\t"); print $0 "\t" ((row[2] in text) ? text[row[2]] : "-") "\t" ((row[3] in text) ? text[row[3]] : "-") }' - "$1"
}

swap_each() { # swap_each CONTEXT NAMESPACE SALT: says what failed and why
  local what uid revision before after cause cuts live held said status=0
  while IFS=$'\t' read -r what uid revision before after cause cuts live held; do
    said=$(swap "$1" "$2" "$3" "$what" "$uid" "$revision" "$before" "$after" "$cause" "$cuts" "$live" "$held" 2>&1) || {
      status=1
      printf '%s: %s\n' "$what" "${said##*$'\n'}"
    }
  done
  return "$status"
}

patch_template() { # patch_template CONTEXT NAMESPACE KIND NAME FILE SALT: prints what the server then holds, by hash: a template may hold secrets
  local held
  held=$(kubectl_at "$1" "$2" patch "$3" "$4" --type json --patch-file "$5" --output 'jsonpath={.metadata.uid} {.spec.template}') || return
  hashed "$held" "$6"
  printf '%s\n' "$HASHED"
}

places() { # places CONTEXT NAMESPACE KINDS FILES: of each workload whether its template is as planned, there or another; empty when it is gone
  kubectl_at "$1" "$2" get "$3" --output "jsonpath-file=$4.jsonpath" | awk '
    function entry() { sub(/,$/, ""); sub(/": /, " "); return substr($0, 2) }
    FNR == 1 { file++ }
    file < 3 && !/^"[^"]*": / { next }
    file == 1 { seen[++seen_count] = entry(); next }
    file == 2 { there[++there_count] = entry(); next }
    { print(($0 == "") ? "" : (($0 == there[FNR]) ? "there" : (($0 == seen[FNR]) ? "as planned" : "another template"))) }' "$4.undo.live.json" "$4.patch.live.json" -
}

patch_all() { # patch_all CONTEXT NAMESPACE KINDS WAVE patch|undo: side by side, each with its own condition; what is there already is left alone
  local todo worker workers='' status=0
  replace_all "$@"
  todo=$(kubectl_at "$1" "$2" get "$3" --output "jsonpath-file=$4.jsonpath" | not_there "$4.$5.live.json")
  [ -n "$todo" ] || return 0
  for worker in 0 1 2 3 4 5 6 7; do
    printf '%s\n' "$todo" | entries "$4.$5.json" "$worker" | patch_each "$1" "$2" &
    workers="$workers $!"
  done
  for worker in $workers; do wait "$worker" || status=1; done
  return "$status"
}

# One kubectl for many: six times faster than one for each. Each object is written as it was just read, with its version: the server refuses
# what changed meanwhile. Whatever this leaves undone, a patch tries once more, and says why not.
replace_all() { # replace_all CONTEXT NAMESPACE KINDS WAVE patch|undo
  local worker before="undo"
  [ "$5" = "patch" ] || before="patch"
  kubectl_at "$1" "$2" get "$3" --output "jsonpath-file=$4.objects.jsonpath" >"$OUTPUT.objects" || return 0
  for worker in 0 1 2 3 4 5 6 7; do
    replaced "$worker" "$4.$before.live.json" "$4.$5.live.json" "$4.$5.json" <"$OUTPUT.objects" |
      kubectl_at "$1" "$2" replace --validate=false --filename - >/dev/null 2>&1 &
  done
  wait
  rm -f -- "$OUTPUT.objects"
}

replaced() { # replaced WORKER BEFORE AFTER PATCHES: of the objects on standard input (metadata, tab, spec) every eighth, with its new template
  awk -F '\t' -v worker="$1" '
    function entry() { sub(/,$/, ""); return substr($0, index($0, "\": ") + 3) }
    function put(text, start, size, new) { return substr(text, 1, start - 1) new substr(text, start + size) }
    FNR == 1 { file++ }
    file < 4 && !/^"[^"]*": / { next }
    file == 1 { before[++b] = "\"template\":" entry(); next }
    file == 2 { after[++a] = "\"template\":" entry(); next }
    file == 3 {
      kind[++p] = substr($0, 2, index($0, "/") - 2)
      mark = "\"path\":\"/metadata/annotations/kubernetes.io~1change-cause\",\"value\":"
      at = index($0, mark)
      cause[p] = at ? substr($0, at + length(mark)) : ""
      sub(/}],?$/, "", cause[p])
      next
    }
    FNR % 8 == worker && (start = index($2, before[FNR])) {
      meta = $1
      if (cause[FNR] != "") {
        cause[FNR] = "\"kubernetes.io/change-cause\":" cause[FNR]
        if (match(meta, /"kubernetes\.io\/change-cause":"([^"\\]|\\.)*"/)) meta = put(meta, RSTART, RLENGTH, cause[FNR])
        else if (at = index(meta, "\"annotations\":{")) meta = put(meta, at + 15, 0, cause[FNR] ",")
        else next
      }
      name["deployment"] = "Deployment"; name["statefulset"] = "StatefulSet"; name["daemonset"] = "DaemonSet"
      print "{\"apiVersion\":\"apps/v1\",\"kind\":\"" name[kind[FNR]] "\",\"metadata\":" meta ",\"spec\":" put($2, start, length(before[FNR]), after[FNR]) "}"
    }' "$2" "$3" "$4" -
}

not_there() { # not_there FILE: numbers of the entries that are not the lines of standard input
  awk '
    NR == FNR && /^"[^"]*": / { sub(/,$/, ""); sub(/": /, " "); wanted[++count] = substr($0, 2) }
    NR != FNR { live[FNR] = $0 }
    END { for (number = 1; number <= count; number++) if (wanted[number] != live[number]) print number }' "$1" -
}

entries() { # entries FILE WORKER: of the numbers on standard input every eighth; kind/name and patch
  awk -v worker="$2" '
    NR == FNR { if (NF && NR % 8 == worker) mine[$1]; next }
    /^"[^"]*": / { if (++number in mine) { sub(/,$/, ""); sub(/": /, " "); print substr($0, 2) } }' - "$1"
}

patch_each() { # patch_each CONTEXT NAMESPACE: says what failed and why
  local key patch said status=0
  while read -r key patch; do
    said=$(printf '%s' "$patch" | kubectl_at "$1" "$2" patch "$key" --type=json --patch-file=/dev/stdin 2>&1) || {
      status=1
      printf '%s: %s\n' "$key" "${said##*$'\n'}"
    }
  done
  return "$status"
}

given_up() { # given_up LEFT: one and the same rollout has failed (!) at 15 looks in a row; at first that may be said of the rollout before
  local one same=' '
  for one in $1; do
    [[ $one != *! ]] || { [ "$looks" != 0 ] && [[ $failed != *" $one "* ]]; } || same="$same$one "
  done
  failed=$same looks=$((looks + 1))
  [ "$failed" != ' ' ] || looks=0
  [ "$looks" -ge 15 ]
}

wait_for_pods() { # wait_for_pods CONTEXT NAMESPACE KINDS FILE: until every rollout is finished; says which one is not when time is over or it has failed
  local left='?' failed=' ' looks=0
  trap 'printf "not finished: %s\n" "$left"; exit 1' TERM
  while :; do
    left=$(kubectl_at "$1" "$2" get "$3" --output "go-template-file=$4") || left='?'
    trim "${left//./}"
    left=$TRIMMED
    [ -n "$left" ] || return 0
    ! given_up "$left" || break
    sleep 1
  done
  printf 'not finished: %s\n' "$left"
  return 1
}

# An ordered StatefulSet replaces no pod before its newest one is ready.
stuck_pods() { # stuck_pods CONTEXT NAMESPACE SELECTOR: names of those that are not ready
  local names ready='{.status.conditions[?(@.type=="Ready")].status}'
  names=$(kubectl_at "$1" "$2" get pods --selector "$3" --output "jsonpath={range .items[*]}{.metadata.name} $ready{\"\\n\"}{end}" | awk '$2 != "True" { print $1 }') || return
  printf '%s\n' "${names:-none}"
}

delete_stuck() { # delete_stuck CONTEXT NAMESPACE SELECTOR
  local names
  names=$(stuck_pods "$@") || return
  # shellcheck disable=SC2086  # one word for each name
  [ "$names" = none ] || kubectl_at "$1" "$2" delete pod $names --ignore-not-found --wait=false
}
