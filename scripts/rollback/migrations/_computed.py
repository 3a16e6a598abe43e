"""Tools without downs that can write one: the SQL from the newer schema to the older one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

Files = Mapping[str, str]  # path -> text


class Computed(Struct, frozen=True):
    """How a tool writes the SQL between two schemas. Nothing of a database is read for it.

    `command` runs beside `HOME` in the release being left and prints the SQL. It reads what
    `given` makes of the folder of the migrations and of the files that `schemas` (pathspecs) name
    in the newer and in the older release; None where they have no schema. `script` makes SQL of
    what it prints that one transaction can hold. `by_hand` returns the path of the down
    that a person wrote: it lies beside the migration and goes before a computed one.
    """

    HOME: str
    engines: tuple[str, ...]
    schemas: tuple[str, ...]
    given: Callable[[str, Files, Files], str | None]
    command: tuple[str, ...]
    script: Callable[[str], str]
    by_hand: Callable[[str], str]
