"""One host's past: what its log says of each release, and in which order the releases came."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from msgspec import Struct

from rollback.platforms.release_folders import log
from rollback.platforms.release_folders.host import Host


class Story(Struct, frozen=True):
    """`told` are the releases the log names, oldest first; `served` seconds of service it proves; `replaced` were rolled back from."""

    host: Host
    told: dict[str, log.Event]
    served: dict[str, float]
    replaced: set[str]

    def unfinished(self, name: str) -> str:
        """Why the deploy of this release looks half done; "" when it does not."""
        if name == self.host.unfinished:
            return "the link release still points to it"
        if self.told:
            # a log that was cut says nothing of what came before it
            began = natural(name) > natural(next(iter(self.told)))
            return f"{self.host.log}'s log does not name it" if name not in self.told and began else ""
        mark = "REVISION"
        others = any(mark in folder.marks for folder in self.host.folders.values())
        return "it has no REVISION, others have" if others and mark not in self.host.folders[name].marks else ""


def story(host: Host) -> Story:
    events = log.events(host.log, host.lines)
    told: dict[str, log.Event] = {}
    for event in events:
        if not event.back:
            told.pop(event.release, None)  # a name that was used twice counts as its last deploy
            told[event.release] = event
        told.setdefault(event.release, event)
    return Story(host, told, log.service(events, _never(host, list(told))), log.replaced(events))


def natural(name: str) -> list[tuple[int, int, str]]:
    """Numbers by value, the rest by letter: 9 before 10."""
    return [(0, int(part), "") if re.fullmatch("[0-9]+", part) else (1, 0, part) for part in re.split(r"([0-9]+)", name) if part]


def ordered(names: Iterable[str], stories: Sequence[Story]) -> list[str]:
    """Newest first: as deployed, where a log tells; names that no log tells stand where their own order puts them."""
    found = max((list(one.told) for one in stories), key=len)[::-1]
    others = {name for one in stories for name in one.told}.union(names).difference(found)
    for name in sorted(others, key=natural, reverse=True):
        at = next((at for at, known in enumerate(found) if natural(known) < natural(name)), len(found))
        found.insert(at, name)
    return found


def _never(host: Host, told: Sequence[str]) -> set[str]:
    """Deployer logs a deploy when it begins: what is unfinished, or was removed before an older one, never served."""
    if host.log != "deployer":
        return set()
    oldest = next((at for at, name in enumerate(told) if name in host.folders), len(told))
    return {name for at, name in enumerate(told) if name == host.unfinished or (at > oldest and name not in host.folders)}
