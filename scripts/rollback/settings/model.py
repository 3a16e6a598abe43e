"""What .claude/deployment-rollback.yml may say; the types are the schema."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from rollback.settings.fields import Age, Text, Variable

FILE = Path(".claude/deployment-rollback.yml")
MOST_BYTES = 256 * 1024

Level = Literal["app", "with-db", "full"]


# whole words that a logger writes for what went wrong, in any case
TROUBLE = r"(?i)\b(error|exception|fatal|critical|panic|traceback|segfault)\b"


class LogCheck(Struct, frozen=True, forbid_unknown_fields=True):
    """Lines of the platform's own logs that match `pattern`, counted per minute.

    Healthy as long as they are at most `max_increase` a minute more than before the rollback.
    """

    pattern: Text = TROUBLE
    max_increase: Annotated[float, Meta(ge=0, le=1e6)] = 10

    def __post_init__(self) -> None:
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from None


class HealthCheck(Struct, frozen=True, forbid_unknown_fields=True):
    """An endpoint, healthy when it answers `status`, a command that judges, or the logs.

    `version_key` names the JSON field that holds the version. `command` ends with 0: healthy, 1:
    unhealthy, anything else: unknown; it runs in the project, without a shell.

    No credentials in the address or the command: both are shown and written.
    """

    url: Annotated[str, Meta(pattern=r"^https?://[^\s/?#@]+([/?#]\S*)?$", max_length=2000)] = ""
    status: Annotated[int, Meta(ge=100, le=599)] = 200
    version_key: Text | None = None
    timeout: Annotated[float, Meta(gt=0, le=300)] = 5
    attempts: Annotated[int, Meta(ge=1, le=100)] = 3
    command: tuple[Text, ...] = ()
    logs: LogCheck | None = None

    def __post_init__(self) -> None:
        if [bool(self.url), bool(self.command), self.logs is not None].count(True) != 1:
            raise ValueError("has to have one of url, command and logs")
        if not self.url and self.version_key:
            raise ValueError("has version_key, which only the answer of a url can hold")


class NotifySettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Who hears about a run. `url` is the name of a variable: such an address is a secret.

    `kind` is the form that the receiver understands: a file of notify/.
    """

    url: Variable
    kind: Text = "webhook"


class BackupSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """The backup before a change, and the backups that are made anyway.

    `directory` is where the backup is written; without one, into the run folder. `command` makes
    it instead; the last line that it prints is the backup's name. `files` is a pattern of backups
    that are made anyway, `newest` a command that prints when the newest one was made. In
    the file a key like `rds` stands in place of `service` and `name`.
    """

    directory: Text | None = None
    command: tuple[Text, ...] = ()
    files: Text | None = None
    newest: tuple[Text, ...] = ()
    service: str = ""  # a file of backups/
    name: str = ""  # of what it keeps backups
    max_age: Age = "24h"

    def __post_init__(self) -> None:
        if self.directory and self.command:
            raise ValueError("has both directory and command: the command writes by itself")
        known = [key for key in ("files", "newest") if getattr(self, key)]
        known += [self.service] if self.service else []
        if len(known) > 1:
            raise ValueError(f"has both {known[0]} and {known[1]}: only one of them tells the age")

    @property
    def known(self) -> bool:
        """Whether it says where backups are that are made anyway."""
        return bool(self.files or self.newest or self.service)


class DatabaseSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """One database. `url` and `scratch` are names of variables: no URL stands in settings.

    `table` is the migration tool's own, `schema` that of the table. `run` comes before the tool's
    command, `client` before the programs of the database (psql, pg_dump).
    """

    tool: Text | None = None
    directory: Text | None = None
    url: Variable = "DATABASE_URL"
    run: tuple[Text, ...] = ()
    client: tuple[Text, ...] = ()
    schema: Text | None = None
    table: Text | None = None
    scratch: Variable | None = None
    backup: BackupSettings = BackupSettings()


class InfrastructureSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Infrastructure as code, for --full. `variables` are files of values.

    `directory` is where the tool is run, `workspace` the one of this environment. `stateful` are
    types of objects that are never deleted, besides the known ones. `stack` and its `template`, a
    file in `directory`, are of CloudFormation.
    """

    tool: Text | None = None
    directory: Text = "."
    workspace: Text | None = None
    stack: Text | None = None
    template: Text | None = None
    variables: tuple[Text, ...] = ()
    stateful: tuple[Text, ...] = ()


# a single database, or a list of them
Databases = DatabaseSettings | tuple[DatabaseSettings, ...]


def listed(databases: Databases) -> tuple[DatabaseSettings, ...]:
    return (databases,) if isinstance(databases, DatabaseSettings) else databases


class ComponentSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """One of several components; it is rolled back once those in `after` are.

    In the file the group named like `platform` stands in place of `platform` and `group`.
    With `infrastructure` it is that alone: it has no platform, and goes back last.
    """

    name: Annotated[str, Meta(min_length=1, max_length=40)]
    after: tuple[Text, ...] = ()
    health: tuple[HealthCheck, ...] = ()
    database: Databases = ()
    infrastructure: InfrastructureSettings | None = None
    platform: str = ""
    group: Any = None  # the SETTINGS of that platform's adapter


class EnvironmentSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """All keys of one environment but those that adapters declare, which are in `groups`.

    `protected` None: decided by name. `unattended_for` empty: every level.
    `settle`: seconds that a failing check is repeated; None: as health.py has it.
    `groups` maps a platform to its adapter's SETTINGS. Keys that stand directly under the
    environment are there for every platform that knows all of them, until one is chosen.
    """

    aliases: tuple[Text, ...] = ()
    protected: bool | None = None
    unattended: bool = False
    unattended_for: tuple[Level, ...] = ()
    platform: Text | None = None
    apps: tuple[Text, ...] = ()
    health: tuple[HealthCheck, ...] = ()
    settle: Annotated[float, Meta(ge=0, le=120)] | None = None
    database: Databases = ()
    infrastructure: InfrastructureSettings | None = None
    notify: tuple[NotifySettings, ...] = ()
    components: tuple[ComponentSettings, ...] = ()
    groups: dict[str, Any] = {}

    @property
    def databases(self) -> tuple[DatabaseSettings, ...]:
        return listed(self.database)


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file; without one, both are empty."""

    default_environment: Text | None = None
    environments: dict[str, EnvironmentSettings] = {}


NOT_IN_THE_FILE = ("platform", "group")  # of a component: its group says both
NOT_OF_A_BACKUP = ("service", "name")  # in the file: its key says both
COMPONENT_KEYS = tuple(
    key for key in ComponentSettings.__struct_fields__ if key not in NOT_IN_THE_FILE
)
ENVIRONMENT_KEYS = tuple(key for key in EnvironmentSettings.__struct_fields__ if key != "groups")
