"""Releases that git remembers: tags and commits, each with the images that its compose files name, as far as they are here."""

from __future__ import annotations

import os
import re
import shutil
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from rollback.model import Command
from rollback.platforms.docker_compose import yaml_source
from rollback.platforms.docker_compose.local_images import Images
from rollback.platforms.docker_compose.yaml_source import Source
from rollback.shell import Shell

_COMMITS = 50  # that touched the files, or carry a tag
_RECENT = 300  # whose hash may be an image's tag
GIT = ("git", "-c", "core.fsmonitor=false", "-c", "log.showSignature=false")  # a repository's own settings start no program
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


class Remembered(Struct, frozen=True):
    """What a commit would run: service -> reference, and the file texts of that time."""

    commit: Commit
    source: Source
    references: dict[str, str]


def commits(folder: Path, files: Sequence[str], shell: Shell, images: Images) -> list[Commit]:
    """Newest first: commits of the compose files and .env, tagged commits, and those whose hash is a local image's tag."""
    if shutil.which("git") is None:
        return []
    names = _tags(folder, shell)
    touched = _log(folder, shell, "-n", str(_COMMITS), "HEAD", "--", *files, str(folder / ".env"))
    tagged = _log(folder, shell, "--no-walk=sorted", *list(names)[:_COMMITS], "--") if names else []
    known = {one.hash: one for one in (*touched, *tagged)}
    tied = len({_instant(one.at) for one in known.values()}) < len(known)
    hashes = _image_hashes(images)
    recent = _log(folder, shell, "-n", str(_RECENT), "HEAD", "--") if hashes or tied else []
    unique = known | {one.hash: one for one in recent if any(one.hash.startswith(tag) for tag in hashes)}
    # a commit's time has whole seconds: within one, git's own order tells (a child stands before its parent)
    place = {one.hash: at for at, one in enumerate(recent)}
    ordered = sorted(unique.values(), key=lambda one: (-_instant(one.at), place.get(one.hash, _RECENT)))
    return [Commit(one.hash, one.at, one.author, one.subject, tuple(names.get(one.hash, ()))) for one in ordered[: 2 * _COMMITS]]


def remember(commits: Sequence[Commit], folder: Path, files: Sequence[str], shell: Shell, images: Images) -> list[Remembered]:
    """Reads the files of every commit side by side; a commit that lacks one of them is left out."""
    wanted = [*files, str(folder / ".env")]
    reads = [Command((*GIT, "-C", str(folder), "show", f"{one.hash}:./{os.path.relpath(path, folder)}")) for one in commits for path in wanted]
    answers = iter(shell.ask_all(reads))
    found = []
    for commit in commits:
        texts = [None if isinstance(answer, Exception) or answer.status else answer.stdout for answer in (next(answers) for _ in wanted)]
        if all(text is not None for text in texts[:-1]):
            pairs = tuple((path, text or "") for path, text in zip(files, texts, strict=False))
            found.append(_remembered(commit, Source(pairs, yaml_source.env_file(texts[-1]) if texts[-1] else {}), images))
    return [one for one in found if one is not None]


def _remembered(commit: Commit, source: Source, images: Images) -> Remembered | None:
    from rollback.errors import Unreadable

    try:
        services = source.services()
    except Unreadable:
        return None
    wanted = {service: str(keys["image"]) for service, keys in services.items() if isinstance(keys.get("image"), str)}
    references = {service: _resolved(image, commit, source, images) for service, image in wanted.items()}
    return Remembered(commit, source, {service: reference for service, reference in references.items() if reference})


def _resolved(image: str, commit: Commit, source: Source, images: Images) -> str | None:
    """The reference of that time: by the tracked .env, else with the commit's own names as values (TAG=v2, TAG=<hash>) when such an image is here."""
    if all(name in source.variables for name, _ in yaml_source.variables(image)):
        return yaml_source.interpolate(image, source.variables)
    guesses = (yaml_source.interpolate(image, _With(source.variables, value)) for value in _values(commit))
    named = next((guess for guess in guesses if guess and images.id(guess)), None)
    return named or yaml_source.interpolate(image, source.variables)


class _With(dict[str, str]):
    """The tracked variables; any other has this value."""

    def __init__(self, known: Mapping[str, str], value: str) -> None:
        super().__init__(known)
        self._value = value

    def get(self, name: str, default: object = None) -> str:
        return super().get(name) or self._value


def _values(commit: Commit) -> Iterable[str]:
    for tag in commit.tags:
        yield tag
        yield tag.removeprefix("v")
    for length in (40, 12, 10, 9, 8, 7):
        for prefix in ("", "sha-", "git-"):
            yield prefix + commit.hash[:length]


def _tags(folder: Path, shell: Shell) -> dict[str, list[str]]:
    """Commit -> its tags, newest tag first."""
    form = "--format=%(objectname) %(*objectname) %(refname:short)"
    answer = shell.ask(Command((*GIT, "-C", str(folder), "for-each-ref", "--sort=-creatordate", form, "refs/tags")))
    found: dict[str, list[str]] = defaultdict(list)
    for line in answer.stdout.splitlines() if answer.status == 0 else ():
        plain, peeled, name = line.split(" ", 2)
        found[peeled or plain].append(name)
    return found


def _log(folder: Path, shell: Shell, *words: str) -> list[Commit]:
    answer = shell.ask(Command((*GIT, "-C", str(folder), "log", f"--format={_FORMAT}", *words)))
    rows = [line.split("\t", 3) for line in answer.stdout.splitlines()] if answer.status == 0 else []
    return [Commit(row[0], row[1], row[2], row[3]) for row in rows if len(row) == 4]


def _image_hashes(images: Images) -> set[str]:
    found = (re.fullmatch(r"(?:sha-|git-)?([0-9a-f]{7,40})", name) for name in images.names)
    return {match[1] for match in found if match}


def _instant(at: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(at.replace("Z", "+00:00")).timestamp()
