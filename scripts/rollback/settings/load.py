"""From the file to Settings: as it is on disk, and as it was committed."""

from __future__ import annotations

import functools
from pathlib import Path

from rollback.errors import Usage
from rollback.settings.model import FILE, MOST_BYTES, Settings


def load(project: Path) -> Settings:
    """Return the project's settings, empty without a file.

    Raises Usage (settings-*) naming the file, and the line or key path in it.
    """
    file = project / FILE
    try:
        if not file.exists():
            _refuse_other_name(file)
            return Settings()
        if not file.is_file() or file.stat().st_size > MOST_BYTES:
            raise Usage(
                "settings-file",
                f"{file} is not a file of at most {MOST_BYTES // 1024} KB",
                "start from settings.example.yml",
            )
        data = file.read_bytes()
    except OSError as error:
        raise Usage(
            "settings-unreadable", f"{file}: {error.strerror}", "make it readable for this user"
        ) from None
    return parse(data, str(FILE))


def committed(project: Path) -> Settings | None:
    """Return the settings of the last commit; None without file, commit or readable git."""
    from rollback.settings.project import git

    text = git(project, "cat-file", "blob", f"HEAD:./{FILE}")
    return None if text is None else parse(text.encode(), f"HEAD:{FILE}")


@functools.lru_cache(8)
def parse(data: bytes, name: str) -> Settings:
    """Parse settings; errors call the file `name`. A plan reads the same file five times."""
    # only when there is a file: yaml is slow to import
    from rollback.settings.check import check
    from rollback.settings.yaml_text import read

    return check(read(data, name), name)


def _refuse_other_name(file: Path) -> None:
    """Reject a file with a similar name: its author would believe that it counts."""
    if (other := file.with_suffix(".yaml")).exists():
        raise Usage(
            "settings-name",
            f"{other.name} is ignored: the file must be named {file.name}",
            f"mv {other} {file}",
        )
