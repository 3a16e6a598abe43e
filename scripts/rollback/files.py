"""One look at which files a project has; every detector asks this index and reads only what it must."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from pathlib import Path

from rollback.project import git

LIMIT = 64 * 1024  # bytes read of one file: what tells a platform stands near its top
WALK_LIMIT = 200_000  # paths, where git does not answer

_GENERATED = {"node_modules", "bower_components", "vendor", "third_party", "thirdparty", "third-party", "site-packages", "venv", ".venv", ".git",
              ".hg", ".svn", ".tox", ".terraform", "__pycache__", "dist", "target", ".next", ".claude", ".yarn", ".pnpm-store", "pods"}  # fmt: skip
_NOT_OURS = re.compile(
    r"^(?:.*[-_.])?(?:tests?|testing|testdata|testsuites?|specs?|e2e|fixtures?|examples?|samples?|docs?|documentation|mocks?|demos?|playgrounds?"
    r"|benchmarks?|tutorials?)(?:[-_.].*)?$|^__(?:tests|mocks|fixtures)__$"
)


class FileIndex:
    """The paths (relative, `/`) that say something about deploying: tests, examples, docs and vendored code are left out."""

    def __init__(self, root: Path) -> None:
        self.root = root
        listed = _from_git(root)
        self.paths = tuple(_relevant(listed if listed is not None else _from_walk(root)))
        self._texts: dict[str, str] = {}

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        """Both whole names and extensions (with their dot) lead to paths, so a glob looks at few of them."""
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
        """Paths that match one of the globs. Without `/` a glob speaks of the file's name; `**/` is any depth; `*` stays in one folder."""
        found: dict[str, None] = {}
        for glob in globs:
            fits = _compiled(glob).match
            found.update((path, None) for path in self._pool(glob.rpartition("/")[2]) if fits(path))
        return sorted(found)

    def _pool(self, name: str) -> Iterable[str]:
        if not set(name) & set("*?["):
            return self._by_name.get(name, ())
        extension = name.rpartition(".")[2]
        return self._by_name.get(f"*.{extension}", ()) if extension.isalnum() and "." in name else self.paths

    def folders(self, *globs: str) -> dict[str, list[str]]:
        """Matching paths by the folder they lie in ("." = the root)."""
        folders: dict[str, list[str]] = defaultdict(list)
        for path in self.matching(*globs):
            folders[folder(path)].append(path)
        return folders

    def text(self, path: str, limit: int = LIMIT) -> str:
        """The first bytes of a regular file; empty when it cannot be read. Links are not followed: they may lead out of the project."""
        if path not in self._texts:
            self._texts[path] = _read(os.path.join(self.root, path), limit)
        return self._texts[path]

    def holding(self, pattern: str | re.Pattern[str], *globs: str) -> list[str]:
        """Matching paths whose text contains the pattern."""
        search = re.compile(pattern, re.MULTILINE).search
        return [path for path in self.matching(*globs) if search(self.text(path))]

    def confirmed(self, pattern: str, *globs: str) -> list[str]:
        """Folders in which one of a few matching files contains the pattern: the first, the last, one in between."""
        search = re.compile(pattern, re.MULTILINE).search
        folders = self.folders(*globs).items()
        return [place for place, paths in folders if any(search(self.text(path)) for path in _sample(paths))]

    def has(self, path: str) -> bool:
        return path in self._by_name.get(path.rpartition("/")[2], ())


def _sample(paths: list[str]) -> list[str]:
    return list(dict.fromkeys((paths[0], paths[-1], paths[len(paths) // 2], paths[1 % len(paths)])))


def folder(path: str) -> str:
    return path.rpartition("/")[0] or "."


def inside(parent: str, path: str) -> bool:
    """Is this path below that folder?"""
    return parent == "." or path.startswith(f"{parent}/")


def join(parent: str, *parts: str) -> str:
    """A path relative to the project, normalised ("." = its root)."""
    return os.path.normpath("/".join((parent, *parts)))


def _from_git(root: Path) -> list[str] | None:
    """Tracked and untracked-but-not-ignored files, in one pass of git; None: no work tree here, or nothing of it known to git."""
    answer = git(root, "-c", "core.quotePath=true", "ls-files", "--cached", "--others", "--exclude-standard")
    lines = (answer or "").splitlines()
    return [_unquoted(line) if line.startswith('"') else line for line in lines] or None


def _unquoted(line: str) -> str:
    """Git writes odd names (newlines, bytes that are no UTF-8) as C strings."""
    plain = {"a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}
    raw = re.sub(r"\\([0-7]{3}|.)", lambda m: chr(int(m[1], 8)) if m[1].isdigit() else plain.get(m[1], m[1]), line[1:-1])
    return os.fsdecode(raw.encode("latin-1", "replace"))


def _from_walk(root: Path) -> Iterator[str]:
    """Breadth first without following links; a folder that cannot be read is skipped. Past releases are not this project's source."""
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


def _relevant(paths: Iterable[str]) -> Iterator[str]:
    verdicts: dict[str, bool] = {"": True}

    def counts(place: str) -> bool:
        if place not in verdicts:
            parent, _, name = place.rpartition("/")
            verdicts[place] = counts(parent) and name.lower() not in _GENERATED and not _NOT_OURS.match(name.lower())
        return verdicts[place]

    return (path for path in paths if counts(path.rpartition("/")[0]))


def _read(path: str, limit: int) -> str:
    import stat

    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return ""
    try:
        return os.read(handle, limit).decode("utf-8", "replace") if stat.S_ISREG(os.fstat(handle).st_mode) else ""
    except OSError:
        return ""
    finally:
        os.close(handle)


@cache
def _compiled(glob: str) -> re.Pattern[str]:
    """`*` stays within a folder, `**/` is any number of folders, `[0-9]` a set."""
    pieces = {"**/": "(?:.*/)?", "*": "[^/]*", "?": "[^/]"}
    body = re.sub(r"\*\*/|\*|\?|\[[^\]]*\]|[^*?\[]+", lambda m: pieces.get(m[0]) or (m[0] if m[0][0] == "[" else re.escape(m[0])), glob)
    return re.compile(("" if "/" in glob else "(?:.*/)?") + body + r"\Z", re.DOTALL)
