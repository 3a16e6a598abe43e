"""Rails' own commands: `bin/rails db:migrate:down VERSION=...`, for exactly that migration."""

from __future__ import annotations

from collections.abc import Mapping

from rollback.migrations._native import Way

HOME = "Rakefile"


def ways(files: Mapping[str, str]) -> Mapping[str, Way]:
    from rollback.migrations.rails import ways

    return ways.read(files)


def ask(query: str) -> tuple[str, ...]:
    quoted = query.replace("\\", r"\\").replace("'", r"\'")
    code = f"puts ActiveRecord::Base.connection.select_value('{quoted}')"
    return ("bin/rails", "runner", code)
