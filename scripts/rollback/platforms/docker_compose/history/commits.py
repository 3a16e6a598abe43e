"""Commits that may be releases.

Commits of the compose files, tagged commits, and commits whose hash is an image's tag.
"""

from __future__ import annotations

import os
import re
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from rollback.platforms.docker_compose.definition.source import Source
from rollback.platforms.docker_compose.details import Details
from rollback.platforms.docker_compose.engine.images import Images
from rollback.platforms.docker_compose.history import git_files
from rollback.shell import Shell

_COMMITS = 50  # that touched the files
_TAGGED = 200  # that carry a tag
_RECENT = 300  # whose hash may be an image's tag
_FORMAT = "%H%x09%cI%x09%an%x09%s"


class Commit(Struct, frozen=True):
    hash: str
    at: str
    author: str
    subject: str
    tags: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return self.tags[0] if len(self.tags) == 1 else self.hash[:12]

    @property
    def names(self) -> Iterator[str]:
        """Return possible image tags: the commit's tags, its hash in the usual lengths."""
        for tag in self.tags:
            yield tag
            yield tag.removeprefix("v")
        for length in (40, 12, 10, 9, 8, 7):
            for prefix in ("", "sha-", "git-"):
                yield prefix + self.hash[:length]


def listed(project: Details, today: Source, shell: Shell, images: Images) -> list[Commit]:
    """Return the commits, newest first."""
    if shutil.which("git") is None:
        return []
    folder = Path(project.folder)
    tags = _tags(folder, shell)
    known = {commit.hash: commit for commit in _candidates(project, today, list(tags), shell)}
    hashes = _hashes_in_tags(images)
    tied = len({_instant(commit.at) for commit in known.values()}) < len(known)
    recent = _log(folder, shell, "-n", str(_RECENT), "HEAD", "--") if hashes or tied else []
    known |= {
        commit.hash: commit
        for commit in recent
        if any(commit.hash.startswith(hash) for hash in hashes)
    }
    newest = _newest_first(known.values(), recent)[: _COMMITS + _TAGGED]
    return [replace(commit, tags=tuple(tags.get(commit.hash, ()))) for commit in newest]


def is_shallow(folder: Path | str, shell: Shell) -> bool:
    """Whether this clone holds only the newest commits."""
    if shutil.which("git") is None:
        return False
    return (
        shell.ask(git_files.git(folder, "rev-parse", "--is-shallow-repository")).stdout.strip()
        == "true"
    )


def touching(project: Details, context: str, shell: Shell) -> list[str]:
    """Return the times of the newest commits that changed something in this folder."""
    folder = Path(project.folder)
    paths = git_files.in_repository([os.path.join(project.folder, context)], folder)
    commits = _log(folder, shell, "-n", str(_RECENT), "HEAD", "--", *paths) if paths else []
    return [commit.at for commit in commits]


def _candidates(
    project: Details, today: Source, tagged: Sequence[str], shell: Shell
) -> list[Commit]:
    """Return commits of today's files, and commits with a tag."""
    folder = Path(project.folder)
    files = [path for path, _ in (*today.files, *today.beside)]
    paths = git_files.in_repository([*files, *project.env_files], folder)
    commits = _log(folder, shell, "-n", str(_COMMITS), "HEAD", "--", *paths)
    if tagged:
        commits += _log(folder, shell, "--no-walk=sorted", *tagged[:_TAGGED], "--")
    return commits


def _newest_first(known: Iterable[Commit], recent: Sequence[Commit]) -> list[Commit]:
    """Sort by time in whole seconds; within one, git's order counts (child before parent)."""
    rank = {commit.hash: number for number, commit in enumerate(recent)}
    return sorted(known, key=lambda commit: (-_instant(commit.at), rank.get(commit.hash, _RECENT)))


def _tags(folder: Path, shell: Shell) -> dict[str, list[str]]:
    """Return commit -> its tags, newest first."""
    form = "--format=%(objectname) %(*objectname) %(refname:short)"
    question = git_files.git(folder, "for-each-ref", "--sort=-creatordate", form, "refs/tags")
    answer = shell.ask(question)
    tags: dict[str, list[str]] = defaultdict(list)
    for line in answer.stdout.splitlines() if answer.status == 0 else ():
        plain, peeled, name = line.split(" ", 2)
        tags[peeled or plain].append(name)
    return tags


def _log(folder: Path, shell: Shell, *words: str) -> list[Commit]:
    answer = shell.ask(git_files.git(folder, "log", f"--format={_FORMAT}", *words))
    lines = answer.stdout.splitlines() if answer.status == 0 else []
    rows = (line.split("\t", 3) for line in lines)
    return [Commit(row[0], row[1], row[2], row[3]) for row in rows if len(row) == 4]


def _hashes_in_tags(images: Images) -> set[str]:
    matches = (re.fullmatch(r"(?:sha-|git-)?([0-9a-f]{7,40})", name) for name in images.names)
    return {match[1] for match in matches if match}


def _instant(at: str) -> float:
    return datetime.fromisoformat(at.replace("Z", "+00:00")).timestamp()
