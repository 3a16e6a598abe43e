"""A location in a settings file: its errors name the file and the path of the key."""

from __future__ import annotations

from msgspec import Struct

from rollback.errors import Usage
from rollback.text import clean

FIX = "correct it; settings.example.yml shows every key"


class Location(Struct, frozen=True):
    """`file` as it is shown to people, `path` the keys and list positions down to a value."""

    file: str
    path: tuple[str, ...] = ()

    def at(self, *keys: object) -> Location:
        return Location(self.file, (*self.path, *map(str, keys)))

    def wrong(self, problem: str, fix: str = FIX) -> Usage:
        path = clean("/".join(self.path) or "the file", 200)
        return Usage("settings-invalid", f"{clean(self.file)}: {path}: {problem}", fix)


def quoted(name: object) -> str:
    return f'"{clean(str(name))}"'


def listed(names: object) -> str:
    return ", ".join(map(str, names)) or "(none)"  # type: ignore[call-overload]
