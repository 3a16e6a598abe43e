"""Django's own commands: `manage.py migrate <app> <the migration below>`."""

from __future__ import annotations

from collections.abc import Mapping

from rollback.migrations._native import Way

HOME = "manage.py"

_ASK = """
from django.db import connection
cursor = connection.cursor()
cursor.execute({query!r})
print(cursor.fetchone()[0])
"""


def ways(files: Mapping[str, str]) -> Mapping[str, Way]:
    from rollback.migrations.django import ways

    return ways.read(files)


def ask(query: str) -> tuple[str, ...]:
    return ("python3", HOME, "shell", "-v", "0", "-c", _ASK.format(query=query))
