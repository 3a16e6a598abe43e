"""The settings keys of Docker Compose."""

from __future__ import annotations

from msgspec import Struct

from rollback.settings.fields import Text

ALIAS = "compose"  # the group may be called this as well


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Paths are relative to the project; without `services` all but the stateful ones move."""

    project: Text | None = None
    directory: Text | None = None
    files: tuple[Text, ...] = ()
    profiles: tuple[Text, ...] = ()
    env_files: tuple[Text, ...] = ()
    services: tuple[Text, ...] = ()


SETTINGS = Settings
