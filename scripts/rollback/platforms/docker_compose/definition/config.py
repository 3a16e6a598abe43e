"""`docker compose config`: the question, its answer, and its error message without values."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from msgspec.structs import replace

from rollback.model import Command
from rollback.platforms.docker_compose.definition import files
from rollback.platforms.docker_compose.definition.source import Source
from rollback.platforms.docker_compose.details import Details
from rollback.platforms.docker_compose.engine import commands
from rollback.shell import last_line

# leads a merged definition to its copies of env files, wherever the run folder lies
FOLDER = "ROLLBACK_STATE"
# errors about an env file quote its lines
_QUOTES_LINES = re.compile(r"(?:failed to read|unterminated|unexpected character)")
_SHORTEST = 4  # a value of fewer characters is part of ordinary words


def command(
    project: Details, given: Sequence[str], source: Source, state: str, *options: str
) -> Command:
    """Ask Compose for the definition in these files; `state` is the folder of the copies."""
    question = commands.compose(
        files.with_profiles(project, source),
        given,
        "config",
        *options,
        variables=files.names(source),
    )
    return replace(question, argv=("env", f"{FOLDER}={state}", *question.argv))


def reason(stderr: str, source: Source) -> str:
    """Return why Compose refuses a definition, with every value masked."""
    line = last_line(stderr)
    if _QUOTES_LINES.search(line):
        return re.sub(r"[\"'].*", "***", line)
    from_shell = (os.environ.get(name, "") for name in files.names(source))
    values = {*source.variables.values(), *from_shell}
    for value in sorted(values, key=len, reverse=True):
        if len(value) >= _SHORTEST:
            line = line.replace(value, "***")
    return line


def section(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return e.g. the services of a document; an entry without keys is empty."""
    return {str(key): keys or {} for key, keys in (document.get(name) or {}).items()}


@cache
def parsed(text: str) -> dict[str, Any]:
    """Return the document that Compose printed; nothing when it cannot be read."""
    import yaml

    class Loader(yaml.SafeLoader):
        """Plain values only."""

    try:
        document = yaml.load(text, Loader)  # noqa: S506  (a safe loader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
