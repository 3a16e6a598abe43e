"""Does a release look complete? What it lacks, compared with the releases before and after it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from rollback.platforms.release_folders.host import Folder, Host
from rollback.platforms.release_folders.inspection import MAX_ENTRIES
from rollback.text import clean

# written by the tools or while serving, not by a build
_MARKS = frozenset({"BAD_RELEASE", "DIRTY_RELEASE", "REVISION", "REVISION_TIME"})
_SHOWN = 3
_BOTH = "the releases before and after it have"
Part = Callable[[Folder], frozenset[str]]


class Gap(Struct, frozen=True):
    """What a release lacks. `proven`: its deploy cannot have finished."""

    reason: str
    proven: bool


class _Neighbours(Struct, frozen=True):
    newer: list[Folder]
    older: list[Folder]

    @property
    def all(self) -> list[Folder]:
        return [*self.newer, *self.older]

    def shared(self, part: Part) -> frozenset[str]:
        """Return what both sides have; for the newest release, what older ones have."""
        before = _union(self.older, part)
        return before & _union(self.newer, part) if self.newer else before


def gap(host: Host, name: str, order: Sequence[str]) -> Gap | None:
    """Return what the release lacks, None if nothing. `order` is newest first."""
    release = host.folders[name]
    names = [other for other in order if other in host.folders]
    index = names.index(name)
    neighbours = _Neighbours(
        newer=[host.folders[other] for other in names[:index]],
        older=[host.folders[other] for other in names[index + 1 :]],
    )
    if _is_empty(release) and not all(map(_is_empty, neighbours.all)):
        return Gap("it is empty", proven=True)
    if missing := _unfinished(release, neighbours):
        compared = _BOTH if neighbours.newer else "older releases have"
        return Gap(f"it lacks {_list(missing)}, which {compared}", proven=True)
    if reason := _suspicious(release, neighbours):
        return Gap(reason, proven=False)
    return None


def can_tell(host: Host) -> bool:
    """Whether this host has anything that only a finished deploy leaves."""
    return any(
        folder.entries or folder.links or folder.built or folder.revision
        for folder in host.folders.values()
    )


def _unfinished(release: Folder, neighbours: _Neighbours) -> frozenset[str]:
    """Return what every finished deploy writes and this release lacks."""
    missing = neighbours.shared(_revision) - _revision(release)
    missing |= neighbours.shared(_built) - release.built
    links = neighbours.shared(_links)
    return missing if links & release.links else missing | links


def _suspicious(release: Folder, neighbours: _Neighbours) -> str:
    newer, older = neighbours.newer, neighbours.older
    missing: frozenset[str] = frozenset()
    if newer:
        missing |= neighbours.shared(_links) - release.links
    if newer and older and not any(map(_is_cut, (release, *neighbours.all))):
        missing |= neighbours.shared(_entries) - _entries(release)
    if missing:
        return f"it lacks {_list(missing)}, which {_BOTH}"
    return _beside_the_next(release, newer[-1]) if newer and not older else ""


def _beside_the_next(release: Folder, after: Folder) -> str:
    """Compare the oldest release with the next: there is nothing before it."""
    for part in (_revision, _built, _links):
        if part(after) and not part(release) & part(after):
            return f"it lacks {_list(part(after))}, which the release after it has"
    if _is_cut(release) or _is_cut(after):
        return ""
    missing = _entries(after) - _entries(release)
    if len(missing) * 2 > len(_entries(after)):
        return f"it lacks {_list(missing)}, which the release after it has"
    return ""


def _union(folders: Sequence[Folder], part: Part) -> frozenset[str]:
    return frozenset().union(*map(part, folders))


def _revision(folder: Folder) -> frozenset[str]:
    return frozenset({"REVISION"}) & folder.marks


def _built(folder: Folder) -> frozenset[str]:
    return folder.built


def _links(folder: Folder) -> frozenset[str]:
    return folder.links


def _entries(folder: Folder) -> frozenset[str]:
    return folder.entries - _MARKS


def _is_empty(folder: Folder) -> bool:
    return not (_entries(folder) or folder.links or folder.built or folder.revision)


def _is_cut(folder: Folder) -> bool:
    """Whether the list was cut because the release is too large."""
    return max(len(folder.entries), len(folder.links)) >= MAX_ENTRIES


def _list(names: Iterable[str]) -> str:
    listed = sorted(names)
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(clean(name, 60) for name in listed[:_SHOWN]) + more
