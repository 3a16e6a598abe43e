# What the steps call of MySQL and MariaDB databases that only another place reaches: the connection says how.
# shellcheck shell=bash

mysql_client_read() { mysql_read "$@"; }

mysql_client_change() { mysql_change "$@"; }

mysql_client_backup() { mysql_backup "$@"; }

mysql_client_backed_up() { mysql_backed_up "$@"; }

mysql_client_drill() { mysql_drill "$@"; }
