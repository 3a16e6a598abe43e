"""What .claude/deployment-rollback.yml may say; the types are the schema."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

from rollback.errors import Usage

FILE = Path(".claude/deployment-rollback.yml")
MOST_BYTES = 256 * 1024

# a mapping named like the platform may hold that platform's keys; they mean the same directly under the environment
GROUPS = {
    "release-folders": ("path", "hosts", "restart"),
    "compose": ("project", "directory", "files", "profiles", "env_files", "services"),
    "docker-compose": ("project", "directory", "files", "profiles", "env_files", "services"),
    "kubernetes": ("context", "namespace", "workloads", "selector"),
    "helm": ("context", "namespace", "releases"),
}

Level = Literal["app", "with-db", "full"]
Text = Annotated[str, Meta(min_length=1, max_length=1000)]


class HealthCheck(Struct, frozen=True, forbid_unknown_fields=True):
    """One endpoint: healthy when it answers `status`; `version_key` names the field of its JSON that holds the version.

    No credentials in the address: it is shown and written.
    """

    url: Annotated[str, Meta(pattern=r"^https?://[^\s/?#@]+([/?#]\S*)?$", max_length=2000)]
    status: Annotated[int, Meta(ge=100, le=599)] = 200
    version_key: Text | None = None
    timeout: Annotated[float, Meta(gt=0, le=300)] = 5
    attempts: Annotated[int, Meta(ge=1, le=100)] = 3


class EnvironmentSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """All keys of one environment. `protected` None: by its name. `unattended_for` empty: every level; this version refuses all but app."""

    aliases: tuple[Text, ...] = ()
    protected: bool | None = None
    unattended: bool = False
    unattended_for: tuple[Level, ...] = ()
    platform: Text | None = None
    apps: tuple[Text, ...] = ()
    health: tuple[HealthCheck, ...] = ()
    path: Text | None = None
    hosts: tuple[Text, ...] = ()
    restart: tuple[str, ...] = ()
    project: Text | None = None
    directory: Text | None = None
    files: tuple[Text, ...] = ()
    profiles: tuple[Text, ...] = ()
    env_files: tuple[Text, ...] = ()
    services: tuple[Text, ...] = ()
    context: Text | None = None
    namespace: Text | None = None
    workloads: tuple[Text, ...] = ()
    selector: Text | None = None
    releases: tuple[Text, ...] = ()


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file; without one, both are empty."""

    default_environment: Text | None = None
    environments: dict[str, EnvironmentSettings] = {}


def load(project: Path) -> Settings:
    """The project's settings, empty where it has none. Raises Usage (settings-*) naming the file, and the line or the path within."""
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
    return _parse(data, str(FILE))


def committed(project: Path) -> Settings | None:
    """The settings as they stand in the last commit; None without such a file, a commit, or a git that may read here."""
    from rollback.settings.project import git

    text = git(project, "cat-file", "blob", f"HEAD:./{FILE}")
    return None if text is None else _parse(text.encode(), f"HEAD:{FILE}")


def _parse(data: bytes, name: str) -> Settings:
    from rollback.settings.check import check
    from rollback.settings.yaml_text import (
        read,
    )  # yaml is slow to import: only when there is a file

    return check(read(data, name), name)


def _refuse_other_name(file: Path) -> None:
    """A file that looks like ours and is not read would leave its author believing in it."""
    if (other := file.with_suffix(".yaml")).exists():
        raise Usage(
            "settings-name",
            f"{other.name} is not read: the name is {file.name}",
            f"mv {other} {file}",
        )
