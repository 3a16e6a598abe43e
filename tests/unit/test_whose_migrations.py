"""Which component of one repository a folder of migrations belongs to."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace
from sites import move, site, source

from rollback.detection.model import Migration
from rollback.flow import databases, detect, infrastructure
from rollback.flow.site import Site
from rollback.model import Move, Release
from rollback.settings.model import DatabaseSettings

OLD, NEW = "a" * 40, "b" * 40
FOLDERS = [Migration("django", "api/migrations", ()), Migration("knex", "web/migrations", ())]


@pytest.fixture(autouse=True)
def detected(monkeypatch: pytest.MonkeyPatch) -> None:
    found: Any = SimpleNamespace(migrations=FOLDERS)
    monkeypatch.setattr(detect, "run", lambda project: found)


def system(**settings: DatabaseSettings) -> Site:
    """Components api and web; those in `settings` name a database."""
    parts = []
    for name in ("api", "web"):
        part = source(name)
        named = (settings[name],) if name in settings else ()
        environment = replace(
            part.environment, settings=replace(part.environment.settings, database=named)
        )
        parts.append(replace(part, environment=environment))
    return site(*parts)


def moves() -> list[Move]:
    ends = {"current": Release("v2", commit=NEW), "to": Release("v1", commit=OLD)}
    return [replace(move(component=name), **ends) for name in ("api", "web")]


def of(whole: Site) -> list[tuple[str, str]]:
    every = databases.sources_of(whole, moves(), Path("/srv"))
    return [(row.component, row.folder.tool) for row in every]


def test_without_a_word_in_the_settings_every_component_may_have_every_folder() -> None:
    assert len(of(system())) == 4


def test_a_component_that_names_no_database_has_no_part_in_that_of_another() -> None:
    assert of(system(api=DatabaseSettings())) == [("api", "django"), ("api", "knex")]
    api = DatabaseSettings(tool="django")
    assert of(system(api=api)) == [("api", "django"), ("api", "knex"), ("web", "knex")]
    web = DatabaseSettings(directory="web/migrations")
    assert of(system(api=api, web=web)) == [("api", "django"), ("web", "knex")]


def test_one_word_names_what_all_parts_leave_and_none_is_invented() -> None:
    same = [Release("2026", "v2", commit=NEW), Release("v2", "v2", commit=NEW)]
    assert infrastructure._word(same[1:]) == "v2"
    assert infrastructure._word(same) == "v2"  # the version that both have
    other = [replace(same[0], version=None), same[1]]
    assert infrastructure._word(other) == NEW[:12]
    assert infrastructure._word([other[0], replace(same[1], commit=OLD)]) == ""
    assert infrastructure._word([Release("1"), Release("2")]) == ""
