"""Does a release look finished? What it lacks, beside the releases before and after it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from rollback.platforms.release_folders.host import Folder, Host
from rollback.platforms.release_folders.question import MOST
from rollback.text import clean

# left by the tools themselves or by whoever serves, not by a build
_MARKS = frozenset({"BAD_RELEASE", "DIRTY_RELEASE", "REVISION", "REVISION_TIME"})
_SHOWN = 3


def lacks(host: Host, name: str, order: Sequence[str]) -> tuple[str, bool]:
    """What the release lacks ("" is nothing), and whether that proves its deploy unfinished.

    `order` is newest first.
    """
    own = host.folders[name]
    names = [other for other in order if other in host.folders]
    at = names.index(name)
    newer = [host.folders[other] for other in names[:at]]
    older = [host.folders[other] for other in names[at + 1 :]]
    if (newer or older) and _empty(own) and not all(map(_empty, [*newer, *older])):
        return "it is empty", True
    if missing := _proofs(own, older, newer):
        return f"it lacks {_list(missing)}, {_who(newer)} have", True
    return _doubts(own, older, newer), False


def tells(host: Host) -> bool:
    """Is there anything that a finished deploy leaves on this host?"""
    return any(
        folder.entries or folder.links or folder.built or folder.revision
        for folder in host.folders.values()
    )


def _proofs(own: Folder, older: Sequence[Folder], newer: Sequence[Folder]) -> set[str]:
    """What a deploy writes by itself, and older and newer releases have (for the newest: older)."""
    both = [_between(older, newer, of) - of(own) for of in (_revision, _built)]
    links = _between(older, newer, _links)
    return both[0] | both[1] | (links if not links & _links(own) else set())


def _doubts(own: Folder, older: Sequence[Folder], newer: Sequence[Folder]) -> str:
    missing = _between(older, newer, _links) - _links(own) if newer else set()
    if newer and older and not any(map(_cut, (own, *older, *newer))):
        missing |= _between(older, newer, _entries) - _entries(own)
    if missing:
        return f"it lacks {_list(missing)}, which the releases before and after it have"
    return _beside_the_next(own, newer[-1]) if newer and not older else ""


def _beside_the_next(own: Folder, after: Folder) -> str:
    """The oldest release has only the one after it to be compared with."""
    for of in (_revision, _built, _links):
        if of(after) and not of(own) & of(after):
            return f"it lacks {_list(of(after))}, which the release after it has"
    gone = _entries(after) - _entries(own)
    if not _cut(own) and not _cut(after) and len(gone) * 2 > len(_entries(after)):
        return f"it lacks {_list(gone)}, which the release after it has"
    return ""


def _between(
    older: Sequence[Folder], newer: Sequence[Folder], of: Callable[[Folder], frozenset[str]]
) -> set[str]:
    before = set().union(*map(of, older))
    return before & set().union(*map(of, newer)) if newer else before


def _revision(folder: Folder) -> frozenset[str]:
    return frozenset({"REVISION"}) & folder.marks


def _built(folder: Folder) -> frozenset[str]:
    return folder.built


def _links(folder: Folder) -> frozenset[str]:
    return folder.links


def _entries(folder: Folder) -> frozenset[str]:
    return folder.entries - _MARKS


def _empty(folder: Folder) -> bool:
    return not (_entries(folder) or folder.links or folder.built or folder.revision)


def _cut(folder: Folder) -> bool:
    return max(len(folder.entries), len(folder.links)) >= MOST


def _who(newer: Sequence[Folder]) -> str:
    return "which the releases before and after it" if newer else "which older releases"


def _list(names: Iterable[str]) -> str:
    found = sorted(names)
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return ", ".join(clean(name, 60) for name in found[:_SHOWN]) + more
