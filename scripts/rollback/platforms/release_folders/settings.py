"""The settings keys of release folders."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from rollback.settings.fields import Text


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """`path` holds releases/ and the link current; without `hosts` it is on this machine.

    `restart` is one command, word by word.
    """

    path: Text | None = None
    hosts: tuple[Text, ...] = ()
    restart: tuple[str, ...] = ()


SETTINGS = Settings
NEEDED = ("path",)


def suggested(project: Path, environment: str) -> dict[str, str]:
    """Return the folder itself where it holds the releases."""
    is_target = (project / "releases").is_dir() and (project / "current").is_symlink()
    return {"path": str(project)} if is_target else {}
