"""Migrations that came with the release being left, and what becomes of them."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from rollback.model.change import Command

SchemaVerdict = Literal["expand", "data", "tightened", "unknown", "contract"]


class Address(Struct, frozen=True):
    """Where a database is, without its password: `variable` names the variable with its URL.

    `name` is the database's, `location` is for people: "shop at db.example.com". `parts` are
    the engine's own. `schema` is where tables are looked for, with commas where there are
    several, "" for the engine's default. `client` starts the database's programs where only another
    place, such as a container, reaches it.
    """

    engine: str
    variable: str
    name: str
    location: str
    parts: dict[str, str] = {}
    schema: str = ""
    client: Command | None = None


class Instance(Struct, frozen=True):
    """The database that answered. `identity` tells it from every other one.

    `replica`: it takes no writes, as a read replica or because it is set so.
    """

    identity: str
    version: str
    bytes: int
    replica: bool = False


class Lost(Struct, frozen=True):
    """What a reversal loses: `tables` says it table by table, `unknown` what cannot be counted."""

    rows: int
    values: int
    tables: tuple[str, ...]
    unknown: tuple[str, ...] = ()


class Backup(Struct, frozen=True):
    """The backup before the first change. `path` is relative to the run folder, or absolute."""

    kind: str
    path: str
    at: str | None = None
    age_seconds: int | None = None
    verified: bool = False


class Migration(Struct, frozen=True):
    """`verdict` is about the old code on the schema with this migration; `why` says it in a line.

    `loses`: rows and values that its reversal would lose; None while nothing is reversed.
    """

    id: str
    file: str
    verdict: SchemaVerdict
    why: str
    reversal: str
    loses: Lost | None = None


class Database(Struct, frozen=True):
    """One folder of migrations. `migrations` are the newest first.

    `engine` is how the SQL was read ("postgresql", "mysql", "sqlite"); "" where none could be.
    `location` is for people, "" where the database was not read.
    """

    component: str
    tool: str
    where: str
    engine: str
    migrations: tuple[Migration, ...]
    action: Literal["leave", "relax", "reverse"] = "leave"
    order: Literal["before-app", "after-app"] = "after-app"
    backup: Backup | None = None
    location: str = ""
    relaxes: tuple[str, ...] = ()  # demands that are dropped: "orders.note NOT NULL"
