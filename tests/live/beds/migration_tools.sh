#!/usr/bin/env bash
# Migration tools that the verdicts are compared with, in <dir>: Alembic and Django in a venv, Knex, node-pg-migrate, Sequelize and TypeORM in node_modules, Liquibase in liquibase/, Prisma in prisma7/ and prisma6/, Drizzle Kit in drizzle/; Rails, Laravel and Java from Debian. Root.
# Usage: migration_tools.sh install <dir>
set -euo pipefail
[ $# -eq 2 ] && [ "$1" = install ] || { sed -n 3p "$0" >&2; exit 2; }
mkdir -p "$2"
dir=$(cd "$2" && pwd)

if ! "$dir/python/bin/python" -c 'import alembic, django, psycopg2, pymysql' 2>/dev/null; then
  rm -rf "$dir/python"
  python3 -m venv "$dir/python"
  "$dir/python/bin/pip" install -q 'alembic==1.20.*' 'django==5.2.*' psycopg2-binary pymysql
fi
if [ ! -d "$dir/node_modules/node-pg-migrate" ] || [ ! -d "$dir/node_modules/sequelize-cli" ] || [ ! -d "$dir/node_modules/mysql2" ]; then
  npm install --prefix "$dir" --no-audit --no-fund --silent knex@3.3.0 node-pg-migrate@9.0.0 pg@8.23.1 sequelize@6.37.8 sequelize-cli@6.6.5 typeorm@0.3.31 reflect-metadata mysql2@3.24.6
fi
if [ ! -d "$dir/liquibase/node_modules/liquibase" ]; then
  npm install --prefix "$dir/liquibase" --no-audit --no-fund --silent liquibase@4.4.0
fi
install_npm() { # install_npm FOLDER PACKAGE...
  [ -d "$dir/$1/node_modules/${2%@*}" ] || npm install --prefix "$dir/$1" --no-audit --no-fund --silent "${@:2}"
}
install_npm prisma7 prisma@7.10.1 @prisma/adapter-pg@7.10.1 @prisma/driver-adapter-utils@7.10.1 \
  @prisma/schema-engine-wasm@8.1.0-2.59be4fda12412a79eeb9c2ae727b6aa723593323 pg@8.23.1
install_npm drizzle drizzle-kit@0.31.11 drizzle-orm@0.45.4 @libsql/client@0.17.0 pg@8.23.1
install_npm prisma6 prisma@6.19.3 @prisma/adapter-pg@7.10.1 pg@8.23.1
install -m 755 "${0%/*}/prisma_engine.mjs" "$dir/prisma7/prisma_engine.mjs"
printf '#!/bin/sh\nexit 0\n' >"$dir/prisma6/no-engine" && chmod 755 "$dir/prisma6/no-engine" # Prisma 6 is content with any program
if ! ruby -e 'require "rails"; require "active_record"; require "pg"; require "mysql2"; require "sqlite3"' 2>/dev/null || ! command -v java >/dev/null || [ ! -d /usr/share/php/Illuminate/Foundation ] || ! php -r 'exit((int) array_diff(["mysql", "pgsql", "sqlite"], PDO::getAvailableDrivers()));'; then
  for _ in 1 2 3; do # another lane may be installing
    apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=120 ruby-activerecord ruby-railties ruby-mysql2 ruby-pg ruby-sqlite3 default-jre-headless \
      php-cli php-mbstring php-mysql php-pgsql php-sqlite3 php-xml php-laravel-framework php-doctrine-dbal >&2 && break
    apt-get update >&2 || true
  done
fi
