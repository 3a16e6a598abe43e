"""Details kept from earlier reads: of a project (in the plan), of a release (in memory)."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from rollback.platforms._details import details_of
from rollback.model import Release
from rollback.platforms.docker_compose.definition.source import Source


class Services(Struct, frozen=True):
    """The services of a project that have containers, and what each is for.

    `running`: service -> image ids, newest container first; `references`: the name that its image
    had at the start; `replicas`: number of containers where there are several.
    `stores`, `jobs`: service -> why it keeps data, or runs once and ends.
    `sharers`: service -> services whose network, processes or volumes it uses; `carriers` ended,
    and only lend their volumes; `down`: a container of it does not run; `created`: services
    that a deploy made and never started -> what they wait for to be healthy.
    `named`: asked for by name; `only`: the settings' list, empty when there is none.
    `grace`: seconds, the longest that a container gets to stop.
    """

    running: dict[str, list[str]] = {}
    references: dict[str, str] = {}
    replicas: dict[str, int] = {}
    stores: dict[str, str] = {}
    jobs: dict[str, str] = {}
    sharers: dict[str, list[str]] = {}
    carriers: list[str] = []
    down: list[str] = []
    created: dict[str, list[str]] = {}
    named: list[str] = []
    only: list[str] = []
    grace: int = 10


Holds = Literal["image", "data", "both", "unknown"]


class AnonymousVolume(Struct, frozen=True):
    """`holds`: files that came with an image, data written since, or both."""

    volume: str
    holds: Holds


class Details(Struct, frozen=True):
    """A Compose project.

    `folder` is where its files lie here, `directory` where its containers come from; `files` (-f)
    and `env_files` are absolute paths. `tool` is the Compose that made the containers (`made_by`).
    `anonymous`: service -> path -> volume. `replaced`: services that a release lacks and whose
    place others take.
    """

    name: str
    folder: str
    directory: str
    files: tuple[str, ...] = ()
    env_files: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    tool: tuple[str, ...] = ("docker", "compose")
    tool_version: str = ""
    made_by: str = ""
    services: Services = Services()
    anonymous: dict[str, dict[str, AnonymousVolume]] = {}
    replaced: tuple[str, ...] = ()


class Difference(Struct, frozen=True):
    """What a definition would change in a container that runs.

    `names` are keys of a service, never values. `edited`: only env files that were changed since
    the deploy differ.
    """

    service: str
    names: tuple[str, ...] = ()
    reason: str = ""
    edited: bool = False

    def __str__(self) -> str:
        return self.reason or f"{', '.join(self.names[:6])} would change"


class Facts(Struct, frozen=True):
    """What is known of a release besides its images.

    `source`: its compose files. `absent`: service -> the image that it would need and that is gone.
    `lacks`: running services that it does not have; `starts`: services that only it has.
    `recorded`: services whose image the ledger recorded. `differs`: what its files would change in
    the containers (live release only). `images`: service -> image of the whole release, where the
    release itself is about one service.
    """

    source: Source | None = None
    absent: dict[str, str] = {}
    lacks: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    recorded: tuple[str, ...] = ()
    differs: tuple[Difference, ...] = ()
    images: dict[str, str] = {}


of = details_of(Details)


def facts(release: Release) -> Facts:
    """Return what is known of a release; nothing after a plan was loaded."""
    return release.facts if isinstance(release.facts, Facts) else Facts()
