"""Names for a release's files in state/: plain, and still naming the originals.

After a rollback the labels of containers lead to these copies.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from urllib.parse import quote, unquote

from rollback.platforms.docker_compose.definition import source as sources
from rollback.platforms.docker_compose.definition.source import Source
from rollback.platforms.docker_compose.details import Details

_LONGEST = 200  # bytes; 255 is the limit of most file systems
_SHORT = "_files."  # never part of a plain name: there a _ stands before two digits
_MERGES_SINCE = (2, 26)  # `config --no-interpolate` of an older Compose fills in values
_RUN_FOLDER = ".rollback-checkpoint-"


def pins(side: str) -> str:
    """Return the name of the override that pins a side's images."""
    return f"{side}-pins.json"


def names(side: str, source: Source, project: Details) -> list[str]:
    """Return the -f files of a side: names in state/, or absolute paths of files left in place.

    One merged file. For an old Compose the files are copied one by one; they stay where they are
    when they name others by relative paths.
    """
    plain = [_plain(path, project) for path, _ in source.files]
    if not is_old(project):
        return [f"{side}.{_short('__'.join(plain))}"]
    if sources.named_by(source.files):
        return [path for path, _ in source.files]
    return [f"{side}.{name}" for name in plain]


def is_path(name: str) -> bool:
    """Whether a file stays where it is, instead of being copied to state/."""
    return name.startswith("/")


def env_names(side: str, source: Source, project: Details) -> list[str]:
    """Return the --env-file arguments: copies from git, paths for others (may hold secrets).

    With copies, a rollback does not depend on what lies here by then.
    """
    names = copied(side, source, project)
    given = [names.get(path, path) for path, _ in source.env]
    takes_several = not is_old(project)
    return given if takes_several or len(given) == 1 else []


def copied(side: str, source: Source, project: Details) -> dict[str, str]:
    """Return env file -> the name of its copy in state/."""
    return {path: env_name(side, path, project) for path in source.in_git}


def copies(project: Details, source: Source, side: str) -> dict[str, str]:
    """Name in state/ -> text, of the env files that git has."""
    texts = dict(source.env)
    return {name: texts[path] for path, name in copied(side, source, project).items()}


def env_name(side: str, path: str, project: Details) -> str:
    return f"{side}-env.{_short(_plain(path, project))}"


def originals(folder: Path, path: Path) -> list[Path] | None:
    """Return the originals of a label's path: [] for pins, None if it is no run's copy."""
    side, dot, name = path.name.partition(".")
    if not dot or not _is_in_state(path):
        return None
    if side in ("to-pins", "now-pins") or name.startswith(_SHORT):
        return []
    if side not in ("to", "now", "to-env", "now-env"):
        return None
    return [folder / unquote(part.replace("_", "%")) for part in name.split("__")]


def _is_in_state(path: Path) -> bool:
    """Whether it lies in RUN/state/COMPONENT/, or in RUN/state/ as in runs of earlier versions."""
    folders = (path.parent, path.parent.parent)
    return any(
        folder.name == "state" and folder.parent.name.startswith(_RUN_FOLDER) for folder in folders
    )


def is_old(project: Details) -> bool:
    """Whether this Compose cannot merge and keep variables by name: v1, and v2 before 2.26."""
    numbers = re.match(r"(\d+)\.(\d+)", project.tool_version)
    return numbers is not None and (int(numbers[1]), int(numbers[2])) < _MERGES_SINCE


def _short(name: str) -> str:
    """Return a name that a file system takes; of too many files it only says so."""
    if len(name) <= _LONGEST:
        return name
    return f"{_SHORT}{hashlib.sha256(name.encode()).hexdigest()[:12]}.yaml"


def _plain(path: str, project: Details) -> str:
    """Encode a path with letters, digits, dots, dashes and _XX only."""
    place = Path(path)
    relative = place.relative_to(project.folder) if place.is_relative_to(project.folder) else place
    return quote(str(relative), safe="").replace("_", "%5F").replace("~", "%7E").replace("%", "_")
