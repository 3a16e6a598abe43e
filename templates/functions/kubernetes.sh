# What the steps of Kubernetes call.
# shellcheck shell=bash disable=SC2153,SC2154  # runner.sh and the script set the variables in capitals

# With --no-inline-values no file of the run holds a template: it is read from the cluster, compared by salted hash, and passed on through pipes.
hashed_whole() { # hashed_whole CONTEXT NAMESPACE SALT ARGUMENT...: what kubectl prints, by hash
  local context=$1 namespace=$2 salt=$3 output
  shift 3
  output=$(kubectl_at "$context" "$namespace" "$@") || return
  hashed "$output" "$salt"
  printf '%s\n' "$HASHED"
}

hashed_each() { # hashed_each CONTEXT NAMESPACE SALT ARGUMENT...: the same of each line
  local context=$1 namespace=$2 salt=$3 output
  shift 3
  output=$(kubectl_at "$context" "$namespace" "$@") || return
  printf '%s\n' "$output" | hash_lines "$salt"
}

hash_lines() { # hash_lines SALT: an empty line stays one
  local line
  while IFS= read -r line; do
    HASHED=''
    [ -z "$line" ] || hashed "$line" "$1"
    printf '%s\n' "$HASHED"
  done
}

hashed_template_states() { # hashed_template_states CONTEXT NAMESPACE SALT KINDS FILES: of each workload whether its template is as planned, rolled back or another; empty when it is gone
  local templates
  templates=$(kubectl_at "$1" "$2" get "$4" --output "jsonpath-file=$5.jsonpath") || return
  hashed "$templates" "$3"
  # the first row is about all of them together: where it holds, no need to look at each
  { printf '%s\n' "$HASHED" && { sed -n 1p "$5.hashes" | grep -qF "$HASHED" || printf '%s\n' "$templates" | hash_lines "$3"; }; } | awk '
    function state(at, hash) { return (hash == "") ? "" : ((hash == after[at]) ? "rolled back" : ((hash == before[at]) ? "as planned" : "another template")) }
    NR == FNR { before[FNR] = $1; after[FNR] = $2; count = FNR; next }
    FNR > 1 { print state(FNR, $0); next }
    $0 == before[1] || $0 == after[1] { for (at = 2; at <= count; at++) print state(1, $0) }' "$5.hashes" -
}

revisions_held() { # revisions_held CONTEXT NAMESPACE SALT KINDS FILE: does the cluster still store what this script rolls to? A few are asked for by name
  local names found
  names=$(cat "$5.$VERB")
  # shellcheck disable=SC2086  # one word for each name
  found=$(kubectl_at "$1" "$2" get ${4:-$names} --ignore-not-found --output name) || return
  printf '%s\n' "$found" | awk '
    NR == FNR { held[$0]; next }
    !($0 in held) { gone = gone " " $0 }
    END { print((gone == "") ? "held" : "gone:" substr(gone, 1, 200)) }' - "$5.$VERB"
}

compared_patch() { # compared_patch CONTEXT NAMESPACE ARGUMENT...: a patch with a condition; beside OUTPUT stands whether the server may have taken it
  local errors status=0
  { errors=$(kubectl_at "$1" "$2" patch "${@:3}" 2>&1 >&3) || status=$?; } 3>&1
  [ -z "$errors" ] || printf '%s\n' "$errors" >&2
  case $status$errors in
    [1-9]*'(NotFound)'* | [1-9]*'(Conflict)'* | [1-9]*' is invalid: '*) ;;
    *) : >"$OUTPUT.taken" ;;
  esac
  return "$status"
}

patch_object() { # patch_object CONTEXT NAMESPACE KIND NAME FILE
  compared_patch "$1" "$2" "$3" "$4" --type json --patch-file "$5" --output name || { none_taken && return 1; }
}

none_taken() { [ -e "$OUTPUT.taken" ] || changed_nothing; }

swap_template() { # swap_template CONTEXT NAMESPACE SALT KIND/NAME UID REVISION BEFORE AFTER CAUSE CUTS
  local live held
  live=$(kubectl_at "$1" "$2" get "$4" --output 'jsonpath={.metadata.uid} {.spec.template}') || return
  held=$(kubectl_at "$1" "$2" get "$6" --output 'jsonpath={.spec.template}{.data.spec.template}') || return
  swap "$@" "$live" "$held" || { none_taken && return 1; }
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
    "$5" "${11#* }" "$held" "$cause" | compared_patch "$1" "$2" "$what" --type json --patch-file /dev/stdin --output name
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
  [ "$status" = 0 ] || none_taken
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

swap_each() { # swap_each CONTEXT NAMESPACE SALT: prints what failed and why
  local what uid revision before after cause cuts live held output status=0
  while IFS=$'\t' read -r what uid revision before after cause cuts live held; do
    output=$(swap "$1" "$2" "$3" "$what" "$uid" "$revision" "$before" "$after" "$cause" "$cuts" "$live" "$held" 2>&1) || {
      status=1
      printf '%s: %s\n' "$what" "${output##*$'\n'}"
    }
  done
  return "$status"
}

patch_template() { # patch_template CONTEXT NAMESPACE KIND NAME FILE SALT: prints what the server then holds, by hash: a template may hold secrets
  local held
  held=$(compared_patch "$1" "$2" "$3" "$4" --type json --patch-file "$5" --output 'jsonpath={.metadata.uid} {.spec.template}') || { none_taken && return 1; }
  hashed "$held" "$6"
  printf '%s\n' "$HASHED"
}

template_states() { # template_states CONTEXT NAMESPACE KINDS FILES: of each workload whether its template is as planned, rolled back or another; empty when it is gone
  kubectl_at "$1" "$2" get "$3" --output "jsonpath-file=$4.jsonpath" | awk '
    FNR == 1 { file++ }
    file == 1 { before[FNR] = $0; next }
    file == 2 { after[FNR] = $0; next }
    $0 == "" { print; next }
    $0 == after[FNR] { print "rolled back"; next }
    { print(($0 == before[FNR]) ? "as planned" : "another template") }' "$4.before" "$4.after" -
}

patch_all() { # patch_all CONTEXT NAMESPACE KINDS FILES patch|undo: side by side, each with its own condition; what is done already is left alone
  local goal=after rows folder=${OUTPUT##*/}.patches # in the run folder, which is private: a template may hold secrets
  [ "$5" = patch ] || goal=before
  rm -rf -- "$folder"
  mkdir -m 700 "$folder" || return
  rows=$(kubectl_at "$1" "$2" get "$3" --output "jsonpath-file=$4.jsonpath" | not_done "$4.$goal" "$4.workloads" "$4.$5" "$folder") || return
  [ -n "$rows" ] || return 0
  if curl --parallel --version >/dev/null 2>&1; then # 7.66 and newer
    (send_patches "$1" "$2" "$folder" <<<"$rows")
  else
    patch_with_kubectl "$1" "$2" "$folder" <<<"$rows"
  fi
}

not_done() { # not_done GOALS WORKLOADS PATCHES FOLDER: the rows of WORKLOADS whose live line (standard input) is not their goal; the patch of each goes into FOLDER
  awk -v folder="$4" '
    FNR == 1 { file++ }
    file == 1 { goal[FNR] = $0; next }
    file == 2 { row[FNR] = $0; name[FNR] = folder "/" $1 "." $2; count = FNR; next }
    file == 3 { patch[FNR] = $0; next }
    { live[FNR] = $0 }
    END {
      for (at = 1; at <= count; at++) {
        if (live[at] == goal[at]) continue
        print row[at]
        print patch[at] >name[at]
        close(name[at])
      }
    }' "$1" "$2" "$3" -
}

# One connection and one login for all of them: 100 objects in 1.2 s, against 7.4 s by a kubectl for each. The server answers for each.
send_patches() { # send_patches CONTEXT NAMESPACE PATCHES: of the rows (PLURAL NAME) on standard input; in a subshell of its own
  local code key file status=0
  folder=$(mktemp -d "${TMPDIR:-/tmp}/rollback.XXXXXX") || return # 0700: whoever reaches the socket acts as this user
  trap 'stop_proxy "$folder"' EXIT # which needs that name when this function is over
  trap 'exit 143' TERM INT
  patch_requests "$folder" "$2" "$3" >"$folder/requests"
  start_proxy "$1" "$2" "$folder" || return
  curl --disable --silent --parallel --parallel-max 16 --config "$folder/requests" >"$folder/codes" 2>"$folder/errors" || status=1
  while read -r code key file; do
    case $code in 404 | 409 | 422) ;; *) : >"$OUTPUT.taken" ;; esac
    [ "$code" != 200 ] || continue
    status=1
    printf '%s: %s\n' "$key" "$(server_message "$folder/$file" "$code")"
  done <"$folder/codes"
  [ -s "$folder/codes" ] || { : >"$OUTPUT.taken" && sed -n '$p' "$folder/errors"; }
  [ "$status" = 0 ] || none_taken
  return "$status"
}

patch_requests() { # patch_requests FOLDER NAMESPACE PATCHES: curl's configuration; each block stands for itself
  local plural name file
  while read -r plural name; do
    file=$plural.$name
    printf 'next\nsilent\nunix-socket = "%s/socket"\nurl = "http://localhost/apis/apps/v1/namespaces/%s/%s/%s"\n' "$1" "$2" "$plural" "$name"
    printf 'request = "PATCH"\nheader = "Content-Type: application/json-patch+json"\ndata-binary = "@%s/%s"\n' "$3" "$file"
    # what answers a change that was made is the object's metadata, without its template
    printf 'header = "Accept: application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"\n'
    printf 'output = "%s/%s"\nwrite-out = "%%{http_code} %s/%s %s\\n"\nmax-time = 60\n' "$1" "$file" "${plural%s}" "$name" "$file"
  done | sed 1d
}

server_message() { # server_message FILE CODE: why the server refused
  local message=''
  [ ! -f "$1" ] || message=$(sed -n 's/^ *"message": "\(.*\)",*$/\1/p' "$1" | head -n 1)
  [ "$2" != 000 ] || message='no answer from the server'
  message=${message//\\\"/\"}
  printf '%s' "${message:-HTTP status $2}"
}

start_proxy() { # start_proxy CONTEXT NAMESPACE FOLDER: it changes workloads of this namespace, and does nothing else
  local looks=0
  proxy_at "$1" --unix-socket="$3/socket" --accept-paths="^/apis/apps/v1/namespaces/$2/(deployments|statefulsets|daemonsets)/[^/]+\$" \
    --reject-methods='^(GET|HEAD|POST|PUT|DELETE|OPTIONS)$' >"$3/proxy" 2>&1 &
  echo "$!" >"$3/pid"
  until [ -S "$3/socket" ] || [ "$looks" = 200 ] || ! kill -0 "$(cat "$3/pid")" 2>/dev/null; do
    looks=$((looks + 1))
    sleep 0.05
  done
  [ -S "$3/socket" ] || { sed -n '$p' "$3/proxy" && return 1; }
}

proxy_at() { # proxy_at CONTEXT ARGUMENT...: in the background it becomes kubectl, so that its process can be ended
  local context=$1
  shift
  if [ -n "$context" ]; then set -- --context "$context" "$@"; fi
  exec "$KUBECTL" proxy "$@"
}

stop_proxy() { # stop_proxy FOLDER
  [ ! -f "$1/pid" ] || kill "$(cat "$1/pid")" 2>/dev/null || true
  rm -rf -- "$1"
}

patch_with_kubectl() { # patch_with_kubectl CONTEXT NAMESPACE PATCHES: the same, eight at a time
  local rows worker workers='' status=0
  rows=$(cat)
  for worker in 0 1 2 3 4 5 6 7; do
    awk -v worker="$worker" 'NR % 8 == worker' <<<"$rows" | patch_each "$@" &
    workers="$workers $!"
  done
  for worker in $workers; do wait "$worker" || status=1; done
  [ "$status" = 0 ] || none_taken
  return "$status"
}

patch_each() { # patch_each CONTEXT NAMESPACE PATCHES: one after the other; prints what failed and why
  local plural name message status=0
  while read -r plural name; do
    message=$(compared_patch "$1" "$2" "$plural" "$name" --type=json --patch-file="$3/$plural.$name" 2>&1 </dev/null) || {
      status=1
      printf '%s/%s: %s\n' "${plural%s}" "$name" "${message##*$'\n'}"
    }
  done
  return "$status"
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
