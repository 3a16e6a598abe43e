# Passwords in database URLs, for the steps of every engine that needs one.
# shellcheck shell=bash disable=SC2154  # runner.sh sets TRIMMED

url_password() { # url_password userinfo|query|words|dsn|none URL: the password in it, decoded
  local text
  trim "$2"
  text=$TRIMMED
  case $1 in
    userinfo)
      text=${text%%\?*}
      text=${text%@*}
      text=${text#*://}
      text=${text#*:}
      ;;
    query)
      text="&${text#*\?}"
      text=${text#*[&;]password=}
      text=${text%%[&;]*}
      ;;
    words)
      text=" $text"
      text=${text#*[[:space:]]password=}
      printf %s "${text%%[[:space:]]*}"
      return 0
      ;;
    dsn)
      text=${text%/*}
      text=${text%@*}
      printf %s "${text#*:}"
      return 0
      ;;
    *) return 0 ;;
  esac
  text=${text//\\/\\\\}
  printf %b "${text//%/\\x}"
}
