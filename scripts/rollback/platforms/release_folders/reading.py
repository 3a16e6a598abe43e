"""All hosts of an application read together: its releases, and what each host knows of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from rollback.settings.environment import Environment
from rollback.model import Target
from rollback.platforms.release_folders.host import Host
from rollback.platforms.release_folders.log import Event
from rollback.platforms.release_folders.order import ordered
from rollback.platforms.release_folders.question import ask
from rollback.platforms.release_folders.story import Standing, Story, story
from rollback.shell import Shell
from rollback.text import clean

PRUNED = 10  # releases whose folders are long gone: enough to say so by name
Stories = tuple[tuple[Host, Story], ...]


class Asked(Struct, frozen=True):
    """Whose releases they are; `tags` are those of the project's git."""

    target: Target
    environment: Environment
    tags: Mapping[str, Sequence[str]]


class Reading(Struct, frozen=True):
    """One application on all its hosts, each with its past; `names` are its releases, newest first.

    `standings`: release -> what each host that has the folder knows of it.
    `seconds`: for each host, release -> the service that its log proves.
    `shared` is what later questions have to know of all releases.
    """

    asked: Asked
    read: Stories
    live: str
    names: tuple[str, ...]
    standings: dict[str, list[tuple[Host, Standing]]]
    seconds: list[dict[str, float]]
    shared: dict[str, Any]

    def event(self, name: str) -> Event | None:
        return next((said.told[name] for _, said in self.read if name in said.told), None)

    def served_seconds(self, name: str) -> float | None:
        found = [seconds[name] for seconds in self.seconds if name in seconds]
        return max(found, default=None) if name != self.live else None


def read(asked: Asked, shell: Shell) -> Reading:
    """Raises Unreadable when a host cannot be read."""
    hosts = asked.target.details["hosts"]
    return together(asked, ask([host["host"] for host in hosts], hosts[0]["path"], shell))


def together(asked: Asked, hosts: Sequence[Host]) -> Reading:
    """The newest release that serves anywhere is the live one."""
    stories = [story(host, _known(asked, host)) for host in hosts]
    every = ordered(
        [name for host in hosts for name in _names(host)], [one.told for one in stories]
    )
    live = next(name for name in every if any(name == host.live for host in hosts))
    here = {live, *(name for host in hosts for name in host.folders)}
    pruned = [name for name in every if name not in here][PRUNED:]
    names = tuple(name for name in every if name not in pruned)
    found = tuple(
        (host, replace(said, order=names)) for host, said in zip(hosts, stories, strict=True)
    )
    standings = {name: _standings(name, found) for name in names}
    seconds = [said.served_seconds() for _, said in found]
    served = {name for name in names if any(one.word == "served" for _, one in standings[name])}
    shared = {**_shared(*found[0], live), "served": served}
    return Reading(asked, found, live, names, standings, seconds, shared)


def _names(host: Host) -> list[str]:
    return [*host.folders, *host.archived, *filter(None, [host.live])]


def _standings(name: str, found: Stories) -> list[tuple[Host, Standing]]:
    return [(host, said.standing(name)) for host, said in found if name in host.folders]


def _known(asked: Asked, host: Host) -> set[str]:
    """Releases that our own records saw live here; another revision is another release."""
    target, environment = asked.target, asked.environment
    wheres = {target.where, *target.details.get("places", ())}
    known = set()
    for entry in (*environment.ledger, *environment.sightings):
        folder = host.folders.get(entry.release)
        revision = clean(folder.revision, 100) if folder else ""
        same = not revision or entry.artifact in (None, revision)
        if same and entry.platform == target.platform and entry.where in wheres:
            known.add(entry.release)
    return known


def _shared(host: Host, said: Story, live: str) -> dict[str, Any]:
    """What `bare` has to know, of the first host: the tools ask each host, and use them alike."""
    listed = [name for name in reversed(said.told) if name in host.folders]
    bad = {name for name, folder in host.folders.items() if "BAD_RELEASE" in folder.marks}
    return {"log": host.log, "mtime": host.by_mtime, "listed": listed, "bad": bad, "live": live}
