"""Run migrations with Django itself, each row in a database of its own. Started by Django's Python.

Standard input and output as those of alembic_rows.py; the migrations are shop.0001 and shop.0002.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connections

MARK = "SELECT '@row'"


def run(row: dict) -> str | None:
    with tempfile.TemporaryDirectory() as project:
        for path, text in {
            **row["files"],
            "shop/__init__.py": "",
            "shop/migrations/__init__.py": "",
        }.items():
            Path(project, path).parent.mkdir(parents=True, exist_ok=True)
            Path(project, path).write_text(text)
        for name in [name for name in sys.modules if name.partition(".")[0] == "shop"]:
            if name != "shop":
                del sys.modules[name]
        sys.path.insert(0, project)
        import shop

        shop.__path__ = [str(Path(project, "shop"))]
        try:
            for target in ("0001", "0002"):
                with connections[row["database"]].cursor() as cursor:
                    cursor.execute(MARK)
                call_command("migrate", "shop", target, database=row["database"], verbosity=0)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        finally:
            sys.path.remove(project)
            connections[row["database"]].close()
    return None


if __name__ == "__main__":
    given = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as empty:
        Path(empty, "shop").mkdir()
        Path(empty, "shop/__init__.py").touch()
        sys.path.insert(0, empty)
        databases = {
            row["database"]: {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": row["database"],
                "USER": "postgres",
                "HOST": given["folder"],
            }
            for row in given["rows"]
        }
        settings.configure(
            DATABASES={"default": next(iter(databases.values())), **databases},
            INSTALLED_APPS=["django.contrib.postgres", "shop"],
            DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        )
        django.setup()
        print(json.dumps([run(row) for row in given["rows"]]))
