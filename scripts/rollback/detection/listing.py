"""List a project's files: those git knows, else those on disk.

Files that say nothing about deploying are left out.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from enum import IntEnum
from pathlib import Path

from rollback.settings.project import git

WALK_LIMIT = 200_000  # paths, where git does not answer

_GENERATED = {
    "node_modules",
    "bower_components",
    "vendor",
    "third_party",
    "thirdparty",
    "third-party",
    "site-packages",
    "venv",
    ".venv",
    ".git",
    ".hg",
    ".svn",
    ".tox",
    ".terraform",
    "__pycache__",
    "dist",
    "target",
    ".next",
    ".claude",
    ".yarn",
    ".pnpm-store",
    "pods",
}
_WORDS = (
    r"tests?\d*|testing|testdata\d*|testsuites?|specs?|e2e|fixtures?|examples?|samples?|docs?"
    r"|documentation|mocks?|demos?|playgrounds?|starters|benchmarks?|tutorials?|conformance|systests?"
)
# a word alone says what a folder holds, except among charts: there it may name the application
_NOT_OURS = re.compile(
    rf"^(?:(?:{_WORDS})|__(?:tests|mocks|fixtures)__"
    r"|.+[-_]v?\d+\.\d+\.\d+(?:[-_].*)?)$"  # a copy of another project's release
)
# a word that begins or ends the name; inside it ("org-demo-claims") it names the application
_DOUBTFUL = re.compile(rf"^(?:(?:{_WORDS})[-_.].*|.*[-_.](?:{_WORDS}))$")
_OF_APPLICATIONS = re.compile(r"^(?:charts?|k8s|kube|manifests)$")
# what a generator copies into new projects
_GENERATED_LATER = re.compile(
    r"(?:^|/)(?:create-[^/]*|generators?(?:-[^/]*)?|(?:[^/]*-)?cli|scaffolds?|schematics)/(?:.*/)?templates?$|\{\{"
)


def listed(root: Path) -> list[str]:
    """Return the relative paths of all files."""
    known = _from_git(root)
    return known if known is not None else list(_from_walk(root))


def _from_git(root: Path) -> list[str] | None:
    """Return the files git tracks or does not ignore, in one pass.

    None outside a work tree, or when git knows nothing of it.
    """
    answer = git(
        root, "-c", "core.quotePath=true", "ls-files", "--cached", "--others", "--exclude-standard"
    )
    lines = (answer or "").splitlines()
    return [_unquoted(line) if line.startswith('"') else line for line in lines] or None


def _unquoted(line: str) -> str:
    """Unquote odd names (newlines, invalid UTF-8), which git writes as C strings."""
    plain = {
        "a": "\a",
        "b": "\b",
        "t": "\t",
        "n": "\n",
        "v": "\v",
        "f": "\f",
        "r": "\r",
        '"': '"',
        "\\": "\\",
    }
    raw = re.sub(
        r"\\([0-7]{3}|.)",
        lambda m: chr(int(m[1], 8)) if m[1].isdigit() else plain.get(m[1], m[1]),
        line[1:-1],
    )
    return os.fsdecode(raw.encode("latin-1", "replace"))


def _from_walk(root: Path) -> Iterator[str]:
    """Walk breadth first without following links; skip unreadable folders and past releases."""
    waiting, seen = [""], 0
    for place in waiting:
        entries = _entries(os.path.join(root, place))
        deployed = any(entry.name == "current" and entry.is_symlink() for entry in entries)
        for entry in entries:
            seen += 1
            if seen > WALK_LIMIT:
                return
            if not entry.is_dir(follow_symlinks=False):
                yield place + entry.name
            elif entry.name not in _GENERATED and not (deployed and entry.name == "releases"):
                waiting.append(f"{place}{entry.name}/")


def _entries(place: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(place) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []


class Kind(IntEnum):
    """What a folder holds, as far as its name tells."""

    OURS = 0
    DOUBTFUL = 1
    NOT_OURS = 2


def relevant(paths: Iterable[str]) -> Iterator[str]:
    """Return relative paths, without tests, examples, docs, generated or vendored files."""
    return _of(Kind.OURS, paths)


def doubtful(paths: Iterable[str]) -> Iterator[str]:
    """Return what lies in folders that are named like tests, examples or docs, maybe by chance."""
    return _of(Kind.DOUBTFUL, paths)


def _of(kind: Kind, paths: Iterable[str]) -> Iterator[str]:
    """Return the paths in folders of a kind; a folder is no better than the one that it is in."""
    kinds: dict[str, Kind] = {"": Kind.OURS}

    def of(place: str) -> Kind:
        if place not in kinds:
            parent = place.rpartition("/")[0]
            kinds[place] = max(of(parent), _kind(place.lower()))
        return kinds[place]

    def known(place: str) -> Kind:
        answer = kinds.get(place)
        return of(place) if answer is None else answer

    return (path for path in paths if known(path.rpartition("/")[0]) == kind)


def _kind(place: str) -> Kind:
    parent, name = ("", *place.split("/"))[-2:]
    if name in _GENERATED or _GENERATED_LATER.search(place):
        return Kind.NOT_OURS
    if _NOT_OURS.match(name):
        return Kind.DOUBTFUL if _OF_APPLICATIONS.match(parent) else Kind.NOT_OURS
    return Kind.DOUBTFUL if _DOUBTFUL.match(name) else Kind.OURS
