"""Migration classes: their names, which end with a timestamp, and their up()."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec.structs import replace

from rollback.migrations._files import Script
from rollback.migrations._modules import modules
from rollback.migrations.typeorm.methods import operations

_CLASS = re.compile(
    r"\bclass\s+(\w+)[^{]*\{(?:[^}]*?\bname\s*(?::\s*string\s*)?=\s*['\"](\w+)['\"])?"
)


def read(files: Mapping[str, str]) -> list[Script]:
    """Return the migrations in the order of their timestamps; the id is the class's name."""
    scripts = [_named(script, files[script.path]) for script in modules(files, operations)]
    return sorted(scripts, key=lambda script: int(re.sub(r"^.*?(\d*)$", r"0\1", script.id)))


def _named(script: Script, text: str) -> Script:
    found = _CLASS.search(text)
    return replace(script, id=found[2] or found[1]) if found else script
