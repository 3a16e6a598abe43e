"""Run revisions with Alembic itself, each row in a database of its own. Started by Alembic's Python.

Standard input: {"folder": of the socket, "rows": [{"database", "files": {path: text}}]}. Each row has
two revisions, 1 and 2; MARK stands in the server's log between them. Prints [null or an error].
With "without": path, that file is removed afterwards and the newest of the others is asked for.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import sqlalchemy
from alembic import command
from alembic.config import Config

MARK = "SELECT '@row'"
ENV = """
from alembic import context
context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
"""


def run(folder: str, row: dict) -> str | None:
    engine = sqlalchemy.create_engine(
        f"postgresql+psycopg2://postgres@/{row['database']}?host={folder}"
    )
    with tempfile.TemporaryDirectory() as scripts:
        for path, text in {**row["files"], "env.py": ENV}.items():
            Path(scripts, path).parent.mkdir(exist_ok=True)
            Path(scripts, path).write_text(text)
        config = Config()
        config.set_main_option("script_location", scripts)
        try:
            for revision in ("1", "2"):
                with engine.begin() as connection:
                    connection.execute(sqlalchemy.text(MARK))
                    config.attributes["connection"] = connection
                    command.upgrade(config, revision)
            if removed := row.get("without"):
                Path(scripts, removed).unlink()
                with engine.begin() as connection:
                    config.attributes["connection"] = connection
                    command.upgrade(config, "head")
        except Exception as error:
            return str(error)
    engine.dispose()
    return None


if __name__ == "__main__":
    given = json.load(sys.stdin)
    print(json.dumps([run(given["folder"], row) for row in given["rows"]]))
