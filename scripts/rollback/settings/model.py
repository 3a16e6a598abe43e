"""What .claude/deployment-rollback.yml may say; the types are the schema."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from rollback.settings.fields import Text

FILE = Path(".claude/deployment-rollback.yml")
MOST_BYTES = 256 * 1024

Level = Literal["app", "with-db", "full"]


class HealthCheck(Struct, frozen=True, forbid_unknown_fields=True):
    """An endpoint, healthy when it answers `status`.

    `version_key` names the JSON field that holds the version.

    No credentials in the address: it is shown and written.
    """

    url: Annotated[str, Meta(pattern=r"^https?://[^\s/?#@]+([/?#]\S*)?$", max_length=2000)]
    status: Annotated[int, Meta(ge=100, le=599)] = 200
    version_key: Text | None = None
    timeout: Annotated[float, Meta(gt=0, le=300)] = 5
    attempts: Annotated[int, Meta(ge=1, le=100)] = 3


class ComponentSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """One of several components; it is rolled back once those in `after` are.

    In the file the group named like `platform` stands in place of `platform` and `group`.
    """

    name: Annotated[str, Meta(min_length=1, max_length=40)]
    after: tuple[Text, ...] = ()
    health: tuple[HealthCheck, ...] = ()
    platform: str = ""
    group: Any = None  # the SETTINGS of that platform's adapter


class EnvironmentSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """All keys of one environment but those that adapters declare, which are in `groups`.

    `protected` None: decided by name. `unattended_for` empty: every level (only app is supported).
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
    components: tuple[ComponentSettings, ...] = ()
    groups: dict[str, Any] = {}


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file; without one, both are empty."""

    default_environment: Text | None = None
    environments: dict[str, EnvironmentSettings] = {}


NOT_IN_THE_FILE = ("platform", "group")  # of a component: its group says both
COMPONENT_KEYS = tuple(
    key for key in ComponentSettings.__struct_fields__ if key not in NOT_IN_THE_FILE
)
ENVIRONMENT_KEYS = tuple(key for key in EnvironmentSettings.__struct_fields__ if key != "groups")
