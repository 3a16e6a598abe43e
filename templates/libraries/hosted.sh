# Reads platforms behind an HTTP API: the same bytes in every run folder whose scripts name it.
# shellcheck shell=bash disable=SC2154  # runner.sh and the script set the variables in capitals

# The token is on curl's standard input only: no argument, address or file holds it.
# Nobody's .curlrc and .netrc count, and no redirect is followed: it would take the token elsewhere.
hosted_request() { # hosted_request METHOD VARIABLE URL ARGUMENT...: the body, then a line: status, seconds to wait, Unix time to wait for
  local method=$1 token=${!2-} url=$3 direct=127.0.0.1,localhost,::1 name
  shift 3
  for name in no_proxy NO_PROXY; do [ -z "${!name-}" ] || direct=$direct,${!name}; done
  [ -n "$token" ] || { echo "no token: $method $url" >&2 && return 1; }
  printf 'Authorization: Bearer %s\n' "$token" |
    "$CURL" -q -sS -H @- --request "$method" --connect-timeout 10 --max-time 25 --noproxy "$direct" \
      --write-out '\n%{http_code},%header{retry-after},%header{x-ratelimit-reset}' "$@" --url "$url"
}

hosted_get() { # hosted_get VARIABLE URL ARGUMENT...: the rows of its JSON, in at most three tries
  local variable=$1 url=$2 pause=1 try answer code why
  shift 2
  for try in 1 2 3; do
    [ "$try" = 1 ] || sleep "$pause"
    pause=$try
    answer=$(hosted_request GET "$variable" "$url" "$@") || { why="no whole answer (curl exit status $?)" && continue; }
    hosted_status
    case $code in
      2*) if hosted_rows; then return 0; else why='an answer that is cut off, or no JSON'; fi ;;
      408 | 429 | 5*) if [ "${#pause}" -gt 2 ] || [ "$pause" -gt 20 ]; then break; fi ;;
      *) break ;;
    esac
  done
  echo "GET $url: $why" >&2
  return 1
}

hosted_post() { hosted_change POST "$@"; }

hosted_change() { # hosted_change METHOD VARIABLE URL ARGUMENT...: the rows of its JSON, if it has any; status 2 if it was refused, 1 if nobody knows. Never repeated
  local method=$1 variable=$2 url=$3 pause=1 answer code why
  shift 3
  answer=$(hosted_request "$method" "$variable" "$url" "$@") || return 1
  hosted_status
  case $code in
    2*) [ -z "${answer%$'\n'*}" ] || hosted_rows ;;
    408 | 5*) echo "$method $url: $why" >&2 && return 1 ;;
    *) echo "$method $url: $why" >&2 && return 2 ;;
  esac
}

# Through a pipe: a here-document may be a file, and an answer may hold values that no file may have.
hosted_rows() { printf '%s\n' "${answer%$'\n'*}" | json_rows; } # of $answer, without its status

hosted_status() { # of $answer: $code, $why it is no success, $pause before the next try
  local wait='' reset='' message=''
  IFS=, read -r code wait reset <<<"${answer##*$'\n'}"
  [[ $code != 429 || $reset != ?????????? || $reset == *[!0-9]* ]] || wait=${wait:-$((reset - $(date +%s)))}
  [[ -z $wait || $wait == *[!0-9]* ]] || pause=$wait
  [[ $code == 2* ]] || message=$(hosted_rows 2>/dev/null | awk -F '\t' '$1 ~ /^(error[.])?message$/ { print $2; exit }') || message=''
  [ -z "${!variable-}" ] || message=${message//"${!variable}"/***}
  why="HTTP $code${message:+: $message}"
  case $code in
    401) why="$why (the token was refused: set $variable, or log in again)" ;;
    3*) why="$why (a redirect: a login page, or a proxy in between)" ;;
    429) why="$why (too many requests; try again in $pause s)" ;;
  esac
}

# As rollback/platforms/_hosted/netrc.py reads it, not as curl does: that would send the password of `default`, too.
hosted_netrc() { # hosted_netrc URL: the password of the first entry of ~/.netrc for its host that has one
  local host=${1#*://}
  host=${host%%/*}
  case $host in \[*) host=${host#\[} && host=${host%%\]*} ;; *) host=${host%%:*} ;; esac
  [ -f "$HOME/.netrc" ] || return 0
  LC_ALL=C awk -v host="$host" '
    function entry(name) { if (wanted && value != "") { over = 1; exit } wanted = name == host; value = "" }
    function take(word, plain) { # returns whether the rest of the line is none of it
      if (key == "machine") { key = ""; entry(tolower(word)); return 0 }
      if (key != "") { if (key == "password") value = word; key = ""; return 0 }
      if (word == "default") { entry(""); return 0 }
      if (word == "macdef") { macro = 1; return 1 }
      if (word ~ /^(machine|login|password|account)$/) key = word
      return plain && word ~ /^#/
    }
    macro { if ($0 == "" || $0 == "\r") macro = 0; next }
    {
      for (text = $0; sub(/^[ \t\r\f\v]+/, "", text) || text != ""; ) {
        if (text == "") break
        plain = !match(text, /^"([^"\\]|\\.)*"/)
        if (plain && text ~ /^"/) { bad = 1; exit }
        if (plain) match(text, /^[^ \t\r\f\v]+/)
        word = plain ? substr(text, 1, RLENGTH) : substr(text, 2, RLENGTH - 2)
        text = substr(text, RLENGTH + 1)
        for (whole = ""; !plain && match(word, /\\./); word = substr(word, RSTART + 2))
          whole = whole substr(word, 1, RSTART - 1) substr(word, RSTART + 1, 1)
        if (take(whole word, plain)) break
      }
    }
    END { if (bad) exit 1; if ((wanted || over) && value != "") print value }' <"$HOME/.netrc"
}

# Strings stay as they are written: \n stays \n. Of an answer that was cut off nothing is believed.
# Quotes separate the records, so that no awk copies the whole text for each token; LC_ALL=C, since gawk would count characters.
json_rows() { # standard input as lines: path, tab, value; the third release's slug is 2.slug.id
  LC_ALL=C awk '
    function value(text) { print path[depth] "\t" text; after() }
    function after() { if (kind[depth] == "[") path[depth] = above[depth] (++count[depth]); else name = "" }
    function string(word) {
      if (index(word, "\n")) fail()
      if (kind[depth] == "{" && name == "") { name = word; path[depth] = above[depth] word; if (word == "") name = " " }
      else if (depth) value(word)
    }
    function others(text,  first) { # what stands between two strings
      while (match(text, /^[ \t\r\n,:]+/) || text != "") {
        if (RLENGTH > 0) { text = substr(text, RLENGTH + 1); continue }
        first = substr(text, 1, 1)
        if (first == "{" || first == "[") {
          depth++; kind[depth] = first; count[depth] = 0; name = ""
          above[depth] = depth > 1 ? path[depth - 1] "." : ""
          path[depth] = above[depth] (first == "[" ? 0 : "")
          text = substr(text, 2)
        } else if (first == "}" || first == "]") {
          if (depth < 1 || kind[depth] != (first == "}" ? "{" : "[")) fail()
          depth--; ended = 1; text = substr(text, 2)
          if (depth) after()
        } else if (depth && match(text, /^[-+.A-Za-z0-9]+/)) {
          first = substr(text, 1, RLENGTH); text = substr(text, RLENGTH + 1); value(first)
        } else fail()
      }
    }
    function fail() { bad = 1; exit }
    BEGIN { RS = "\"" }
    !inside { others($0); inside = 1; word = ""; next }
    { word = word $0 }
    match(word, /\\+$/) && RLENGTH % 2 { word = word "\""; next }
    { string(word); inside = 0 }
    END { exit bad || depth || !ended || !inside }'
}

json_value() { awk -F '\t' -v path="$1" '$1 == path { print $2; exit }'; } # json_value PATH: of rows on standard input
