"""What a commit would run: its compose files as git has them, and the image of each service."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from rollback.errors import Unreadable
from rollback.platforms.docker_compose.definition import files, source, variables
from rollback.platforms.docker_compose.definition.source import Source
from rollback.platforms.docker_compose.definition.variables import env_file
from rollback.platforms.docker_compose.details import Details
from rollback.platforms.docker_compose.engine.images import Images
from rollback.platforms.docker_compose.history import git_files
from rollback.platforms.docker_compose.history.commits import Commit
from rollback.shell import Shell


class AtCommit(Struct, frozen=True):
    """`references`: service -> the name of its image."""

    commit: Commit
    source: Source
    references: dict[str, str]


def read(
    commits: Sequence[Commit], project: Details, shell: Shell, images: Images
) -> list[AtCommit]:
    """Read the files of all commits; a commit without one of the compose files is left out."""
    texts = git_files.texts([commit.hash for commit in commits], project, shell)
    head = texts.get("HEAD", {})
    edited, not_in_git = _edited(head, texts.values()), dict.fromkeys(head)
    revisions = []
    for commit in commits:
        of_commit = texts.get(commit.hash, {})
        if all(path in of_commit for path in project.files):
            tracked = of_commit.keys() - edited.keys()
            in_git = tuple(path for path in project.env_files if path in tracked)
            known = {**not_in_git, **of_commit, **edited}
            revisions.append(_at_commit(commit, _source(known, project, in_git), images))
    return [revision for revision in revisions if revision is not None]


def _edited(head: Mapping[str, str], of_commits: Collection[Mapping[str, str]]) -> dict[str, str]:
    """Return env files with uncommitted changes: their text counts, not git's.

    One that is as it was in another commit was brought back from there: git has its text.
    """
    today = {path: files.read(path) for path in head if not path.endswith(source.ENDINGS)}
    known = {
        path: [env_file(texts[path]) for texts in of_commits if path in texts] for path in today
    }
    return {
        path: text
        for path, text in today.items()
        if text is not None and env_file(text) not in known[path]
    }


def _source(known: Mapping[str, str | None], project: Details, in_git: tuple[str, ...]) -> Source:
    """Return a commit's files (None: not in it); files unknown to git are read from disk."""
    main = tuple((path, known[path] or "") for path in project.files)
    texts = {path: known[path] if path in known else files.read(path) for path in project.env_files}
    env = tuple((path, text) for path, text in texts.items() if text is not None)
    try:
        beside = files.beside(main, known)
    except Unreadable:
        beside = ()
    return Source(main, beside, env, in_git)


def _at_commit(commit: Commit, files: Source, images: Images) -> AtCommit | None:
    try:
        services = files.services()
    except Unreadable:
        return None
    tracked: dict[str, str] = {}
    for path, text in files.env:
        if path in files.in_git:
            tracked |= env_file(text)
    references = {}
    for service, keys in services.items():
        image = keys.get("image")
        if isinstance(image, str):
            reference = _reference(image, commit, tracked, files.variables, images)
            if reference:
                references[service] = reference
    return AtCommit(commit, files, references)


def _reference(
    image: str, commit: Commit, tracked: Mapping[str, str], today: Mapping[str, str], images: Images
) -> str | None:
    """Return the image's name at a commit.

    A variable of the tag that the commit's own env files (`tracked`) do not set is tried with the
    commit's names (TAG=v2, TAG=<hash>), and believed when such an image is here: today's value
    would be today's release.
    """
    names = _names(image) - tracked.keys()
    if not names:
        return variables.interpolate(image, tracked)
    of_tag = _names(_deciding(image)) & names
    others = {name: value for name, value in today.items() if name not in of_tag}
    for value in commit.names if of_tag or not names & today.keys() else ():
        guess = variables.interpolate(image, {**dict.fromkeys(names, value), **others, **tracked})
        if guess and images.id(guess):
            return guess
    return variables.interpolate(image, {**others, **tracked})


def _names(text: str) -> set[str]:
    return {name for name, _ in variables.variables(text)}


def _deciding(image: str) -> str:
    """Return the variable part of a reference: its tag, or a variable that holds all of it."""
    if re.fullmatch(r"\$\{?\w+.*\}?", image) and "/" not in image.partition("}")[2]:
        return image
    return image.rpartition("/")[2].partition(":")[2]
