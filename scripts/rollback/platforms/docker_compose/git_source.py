"""Releases that git remembers: tags and commits, each with the images that its compose files name, as far as they are here."""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from rollback.errors import Unreadable
from rollback.model import Command
from rollback.platforms.docker_compose import files, git_files, source, variables
from rollback.platforms.docker_compose.local_images import Images
from rollback.platforms.docker_compose.source import Source
from rollback.platforms.docker_compose.variables import env_file
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


class Remembered(Struct, frozen=True):
    """What a commit would run: service -> reference, and the file texts of that time."""

    commit: Commit
    source: Source
    references: dict[str, str]


def commits(
    details: Mapping[str, Any], today: Source, shell: Shell, images: Images
) -> list[Commit]:
    """Newest first: commits of today's files, tagged commits, and those whose hash is a local image's tag."""
    if shutil.which("git") is None:
        return []
    folder = Path(details["folder"])
    names = _tags(folder, shell)
    paths = git_files.tracked_here(
        [path for path, _ in (*today.files, *today.beside)] + details["env_files"], folder
    )
    touched = _log(folder, shell, "-n", str(_COMMITS), "HEAD", "--", *paths)
    tagged = _log(folder, shell, "--no-walk=sorted", *list(names)[:_TAGGED], "--") if names else []
    known = {commit.hash: commit for commit in (*touched, *tagged)}
    tied = len({_instant(commit.at) for commit in known.values()}) < len(known)
    hashes = _image_hashes(images)
    recent = _log(folder, shell, "-n", str(_RECENT), "HEAD", "--") if hashes or tied else []
    unique = known | {
        commit.hash: commit
        for commit in recent
        if any(commit.hash.startswith(tag) for tag in hashes)
    }
    # a commit's time has whole seconds: within one, git's own order tells (a child stands before its parent)
    place = {commit.hash: at for at, commit in enumerate(recent)}
    ordered = sorted(
        unique.values(), key=lambda commit: (-_instant(commit.at), place.get(commit.hash, _RECENT))
    )
    newest = ordered[: _COMMITS + _TAGGED]
    return [
        Commit(one.hash, one.at, one.author, one.subject, tuple(names.get(one.hash, ())))
        for one in newest
    ]


def is_shallow(details: Mapping[str, Any], shell: Shell) -> bool:
    """Whether this clone holds only the newest commits."""
    if shutil.which("git") is None:
        return False
    answer = shell.ask(
        Command((*git_files.GIT, "-C", details["folder"], "rev-parse", "--is-shallow-repository"))
    )
    return answer.stdout.strip() == "true"


def remember(
    commits: Sequence[Commit], details: Mapping[str, Any], shell: Shell, images: Images
) -> list[Remembered]:
    """What each commit would run; a commit that lacks one of the compose files is left out."""
    texts = git_files.texts([commit.hash for commit in commits], details, shell)
    edited = _edited(texts.get("HEAD", {}))
    found = []
    for commit in commits:
        known = texts.get(commit.hash, {})
        if all(path in known for path in details["files"]):
            then = {**dict.fromkeys(texts.get("HEAD", {})), **known, **edited}
            in_git = tuple(
                path for path in details["env_files"] if path in known and path not in edited
            )
            found.append(_remembered(commit, _source(then, details, in_git), images))
    return [remembered for remembered in found if remembered is not None]


def _edited(head: Mapping[str, str]) -> dict[str, str]:
    """Files of variables that somebody changed here without committing: what they say counts, not what git says."""
    today = {path: files.read(path) for path in head if not path.endswith(source.ENDINGS)}
    return {
        path: text
        for path, text in today.items()
        if text is not None and env_file(text) != env_file(head[path])
    }


def _source(
    then: Mapping[str, str | None], details: Mapping[str, Any], in_git: tuple[str, ...]
) -> Source:
    """The files of a commit (None: it had none of that name); what git does not know is taken as it is on disk."""
    main = tuple((path, then[path] or "") for path in details["files"])
    texts = {
        path: then[path] if path in then else files.read(path) for path in details["env_files"]
    }
    env = tuple((path, text) for path, text in texts.items() if text is not None)
    try:
        return Source(main, files.beside(main, then), env, in_git)
    except Unreadable:
        return Source(main, (), env, in_git)


def _remembered(commit: Commit, found: Source, images: Images) -> Remembered | None:
    try:
        services = found.services()
    except Unreadable:
        return None
    known = {
        name: value
        for path, text in found.env
        if path in found.in_git
        for name, value in env_file(text).items()
    }
    wanted = {
        service: str(keys["image"])
        for service, keys in services.items()
        if isinstance(keys.get("image"), str)
    }
    references = {
        service: _resolved(image, commit, known, found.variables, images)
        for service, image in wanted.items()
    }
    return Remembered(
        commit,
        found,
        {service: reference for service, reference in references.items() if reference},
    )


def _resolved(
    image: str, commit: Commit, tracked: Mapping[str, str], today: Mapping[str, str], images: Images
) -> str | None:
    """The reference of that time. What the commit's own env files do not say of the tag is tried with the commit's
    names (TAG=v2, TAG=<hash>) and believed when such an image is here: today's value would be today's release.
    """
    names = {name for name, _ in variables.variables(image)} - tracked.keys()
    if not names:
        return variables.interpolate(image, tracked)
    of_tag = {name for name, _ in variables.variables(_deciding(image))} & names
    for value in _values(commit) if of_tag or not names & today.keys() else ():
        guess = variables.interpolate(
            image, {**dict.fromkeys(names, value), **_without(today, of_tag), **tracked}
        )
        if guess and images.id(guess):
            return guess
    return variables.interpolate(image, {**_without(today, of_tag), **tracked})


def _deciding(image: str) -> str:
    """The part of a reference that tells one release from another: its tag, or a variable that holds all of it."""
    if re.fullmatch(r"\$\{?\w+.*\}?", image) and "/" not in image.partition("}")[2]:
        return image
    return image.rpartition("/")[2].partition(":")[2]


def _without(variables: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if name not in names}


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
    answer = shell.ask(
        Command(
            (
                *git_files.GIT,
                "-C",
                str(folder),
                "for-each-ref",
                "--sort=-creatordate",
                form,
                "refs/tags",
            )
        )
    )
    found: dict[str, list[str]] = defaultdict(list)
    for line in answer.stdout.splitlines() if answer.status == 0 else ():
        plain, peeled, name = line.split(" ", 2)
        found[peeled or plain].append(name)
    return found


def _log(folder: Path, shell: Shell, *words: str) -> list[Commit]:
    answer = shell.ask(
        Command((*git_files.GIT, "-C", str(folder), "log", f"--format={_FORMAT}", *words))
    )
    rows = (
        [line.split("\t", 3) for line in answer.stdout.splitlines()] if answer.status == 0 else []
    )
    return [Commit(row[0], row[1], row[2], row[3]) for row in rows if len(row) == 4]


def _image_hashes(images: Images) -> set[str]:
    found = (re.fullmatch(r"(?:sha-|git-)?([0-9a-f]{7,40})", name) for name in images.names)
    return {match[1] for match in found if match}


def _instant(at: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(at.replace("Z", "+00:00")).timestamp()
