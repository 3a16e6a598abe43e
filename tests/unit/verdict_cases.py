"""Statements of releases with the verdict that each deserves, and the old code that judges them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parents[1] / "cases/verdicts"


class Cases(NamedTuple):
    schema: str
    rows: list[tuple[str, str]]  # verdict, statements
    old_code: list[str]


def cases(engine: str) -> Cases:
    head, _, body = (FOLDER / f"{engine}.sql").read_text().partition("-- statements\n")
    rows = re.findall(r"^-- (\w+)\n(.*?)\n(?=-- \w+\n|\Z)", body, re.MULTILINE | re.DOTALL)
    old = (FOLDER / f"{engine}.old.sql").read_text().splitlines()
    statements = [line for line in old if line and not line.startswith("--")]
    return Cases(head.partition("-- schema\n")[2], rows, statements)
