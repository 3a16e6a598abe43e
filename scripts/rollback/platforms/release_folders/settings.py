"""The settings keys of release folders."""

from __future__ import annotations

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
