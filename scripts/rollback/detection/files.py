"""The index of a project's files: every detector asks it and reads only what it must."""

from __future__ import annotations

import os
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from functools import cache, cached_property
from itertools import islice, takewhile
from pathlib import Path

from rollback.detection.listing import listed, relevant
from rollback.detection.memory import stamp
from rollback.detection.reading import LIMIT, read

PROJECT_FILES = ("package.json", "pyproject.toml", "go.mod", "Gemfile", "composer.json")


class FileIndex:
    """The relative paths that say something about deploying.

    Tests, examples, docs and vendored code are left out.
    """

    def __init__(self, root: Path, paths: Iterable[str] | None = None) -> None:
        self.root = root
        self.paths = tuple(relevant(listed(root)) if paths is None else paths)
        self.unread: dict[str, str] = {}  # path -> why
        self.stamps: dict[str, str] = {}  # of what was read, or looked for in vain
        self._texts: dict[str, str] = {}

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        """Index whole names and extensions, so that a glob is matched against few paths."""
        index: dict[str, list[str]] = defaultdict(list)
        for path in self.paths:
            name = path.rpartition("/")[2]
            index[name].append(path)
            stem, dot, extension = name.rpartition(".")
            if dot and stem:
                index[f"*.{extension}"].append(path)
        return index

    @cache  # noqa: B019  (an index lives as long as one detection)
    def matching(self, *globs: str) -> list[str]:
        """Return the paths that match a glob.

        Without `/` a glob matches the file's name; `**/` is any depth; `*` stays in one
        folder.
        """
        paths: set[str] = set()
        for glob in globs:
            if glob.endswith(".y*ml"):
                paths.update(self.matching(glob[:-4] + "yml", glob[:-4] + "yaml"))
                continue
            place, slash, name = glob.rpartition("/")
            places = self._places(place + slash) if slash and place != "**" else None
            if places is not None and not places:
                continue
            paths.update(
                path
                for path in self._named(name)
                if places is None or path[: path.rfind("/") + 1] in places
            )
        return sorted(paths)

    @cache  # noqa: B019
    def _places(self, glob: str) -> frozenset[str]:
        literal = _literal(glob).strip("/")
        if literal not in self._place_text:
            return frozenset()
        return frozenset(_fitting(glob, (p for p in self._all_places if literal in p)))

    @cached_property
    def _all_places(self) -> set[str]:
        return {path[: path.rfind("/") + 1] for path in self.paths}

    @cached_property
    def _place_text(self) -> str:
        """Join all folders: what is not in here is in none of them."""
        return "\n".join(self._all_places)

    @cached_property
    def _name_text(self) -> str:
        return "\n".join(self._names)

    @cached_property
    def _names(self) -> list[str]:
        return sorted(name for name in self._by_name if name[:2] != "*.")

    @cache  # noqa: B019
    def _named(self, name: str) -> list[str]:
        """Return the paths whose file has this name."""
        prefix, extension = re.split(r"[*?\[]", name)[0], f"*.{name.rpartition('.')[2]}"
        if prefix == name or (name == extension and extension[2:].isalnum()):
            return self._by_name.get(name, [])
        literal = _literal(name)
        if literal not in self._name_text:
            return []
        if extension[2:].isalnum() and not (prefix and extension in self._by_name):
            near = {path.rpartition("/")[2] for path in self._by_name.get(extension, ())}
        elif prefix:
            first = bisect_left(self._names, prefix)
            rest = islice(self._names, first, None)
            near = set(takewhile(lambda other: other.startswith(prefix), rest))
        else:
            near = set(self._names)
        fitting = _fitting(name, [other for other in near if literal in other])
        return [path for other in fitting for path in self._by_name[other]]

    def folders(self, *globs: str) -> dict[str, list[str]]:
        """Return matching paths by their folder ("." = the root)."""
        folders: dict[str, list[str]] = defaultdict(list)
        for path in self.matching(*globs):
            folders[folder(path)].append(path)
        return folders

    def text(self, path: str, limit: int = LIMIT) -> str:
        """Return the first bytes of a regular file, "" if unreadable.

        Links are not followed: they may lead out of the project.
        """
        if path not in self._texts:
            self.stamps[path] = stamp(self.root, path)
            self._texts[path], trouble = read(os.path.join(self.root, path), limit)
            if trouble:
                self.unread[path] = trouble
        return self._texts[path]

    def size(self, path: str) -> int:
        """Return a file's size in bytes, 0 if there is none."""
        try:
            return os.lstat(os.path.join(self.root, path)).st_size
        except (OSError, ValueError):
            return 0

    def link(self, path: str) -> str:
        """Return the target of a link, "" if it is none; git need not know it."""
        self.stamps[path] = stamp(self.root, path)
        try:
            return os.readlink(os.path.join(self.root, path))
        except (OSError, ValueError):
            return ""

    def submodules(self) -> list[str]:
        """Return folders that are repositories of their own: git lists nothing below them."""
        named = re.findall(r"^\s*path\s*=\s*(.+?)\s*$", self.text(".gitmodules"), re.MULTILINE)
        modules = set(named if self.has(".gitmodules") else ())
        return [path.rstrip("/") for path in self.paths if path in modules or path[-1:] == "/"]

    def holding(self, pattern: str | re.Pattern[str], *globs: str) -> list[str]:
        """Return matching paths whose text contains the pattern."""
        paths = self.matching(*globs)
        search = re.compile(pattern, re.MULTILINE).search if paths else None
        return [path for path in paths if search and search(self.text(path))]

    def confirmed(self, pattern: str, *globs: str, named: str = r"(?!)") -> list[str]:
        """Return folders with the pattern in one of three matching files: first, middle, last.

        `named` speaks for itself where the text is not there to be read.
        """
        folders = self.folders(*globs)
        if not folders:
            return []
        search, named_search = re.compile(pattern, re.MULTILINE).search, re.compile(named).search

        def confirms(path: str) -> bool:
            text = self.text(path)
            return bool(search(text) if text else named_search(path))

        return [
            place
            for place, paths in folders.items()
            if any(confirms(path) for path in _sample(paths))
        ]

    def has_folder(self, path: str) -> bool:
        """Whether files lie directly in this folder."""
        return f"{path}/" in self._all_places

    def has(self, path: str) -> bool:
        return path in self._by_name.get(path.rpartition("/")[2], ())


def _sample(paths: list[str]) -> list[str]:
    return list(dict.fromkeys((paths[0], paths[-1], paths[len(paths) // 2], paths[1 % len(paths)])))


def folder(path: str) -> str:
    return path.rpartition("/")[0] or "."


def inside(parent: str, path: str) -> bool:
    """Whether this path is below that folder."""
    return parent == "." or path.startswith(f"{parent}/")


def join(parent: str, *parts: str) -> str:
    """Join to a path relative to the project, normalised ("." = its root)."""
    return os.path.normpath("/".join((parent, *parts)))


def _literal(glob: str) -> str:
    """Return the longest part of a glob that stands for itself."""
    return max(re.split(r"\*|\?|\[[^\]]*\]", glob), key=len)


def _fitting(glob: str, texts: Iterable[str]) -> list[str]:
    """Return the texts that match; a glob is compiled only if there are any to try."""
    known = list(texts)
    fits = _compiled(glob).match if known else None
    return [text for text in known if fits and fits(text)]


@cache
def _compiled(glob: str) -> re.Pattern[str]:
    """Compile a glob: `*` stays in a folder, `**/` is any depth, `[0-9]` a set."""
    pieces = {"**/": "(?:.*/)?", "*": "[^/]*", "?": "[^/]"}
    body = re.sub(
        r"\*\*/|\*|\?|\[[^\]]*\]|[^*?\[]+",
        lambda m: pieces.get(m[0]) or (m[0] if m[0][0] == "[" else re.escape(m[0])),
        glob,
    )
    return re.compile(body + r"\Z", re.DOTALL)
