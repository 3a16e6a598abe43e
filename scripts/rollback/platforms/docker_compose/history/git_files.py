"""All compose files and env files of many commits, read by one program."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rollback.errors import Unreadable
from rollback.model import Command
from rollback.platforms.docker_compose.definition import source
from rollback.platforms.docker_compose.details import Details
from rollback.shell import Shell

# the repository's own settings must not start programs or change the output
_GIT = (
    "git",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "log.showSignature=false",
    "-c",
    "core.quotePath=false",
)
_GREP = (
    "--no-color",
    "--no-line-number",
    "--no-column",
    "--no-full-name",
    "--no-recurse-submodules",
    "-I",
    "-z",
    "-e",
    "",
)


def git(folder: Path | str, *words: str) -> Command:
    return Command((*_GIT, "-C", str(folder), *words))


def texts(hashes: Sequence[str], project: Details, shell: Shell) -> dict[str, dict[str, str]]:
    """Return commit -> absolute path -> text of compose files, env files and files they name."""
    wanted, asked = {*project.files, *project.env_files}, set[str]()
    files: dict[str, dict[str, str]] = {}
    folder = Path(project.folder)
    while new := sorted(wanted - asked):
        paths = in_repository(new, folder)
        for commit, path, text in _grep([*hashes, "HEAD"], paths, folder, shell):
            files.setdefault(commit, {})[path] = text
        asked |= set(new)
        wanted = asked.union(*(_named_by(of_commit) for of_commit in files.values()))
    return files


def in_repository(paths: Sequence[str], folder: Path) -> list[str]:
    """Return paths this repository could hold: git rejects a query that names any other."""
    parents = (parent for parent in (folder, *folder.parents) if (parent / ".git").exists())
    top = next(parents, folder)
    return [path for path in dict.fromkeys(paths) if Path(path).is_relative_to(top)]


def _named_by(texts: Mapping[str, str]) -> set[str]:
    files = [(path, text) for path, text in texts.items() if path.endswith(source.ENDINGS)]
    try:
        return source.named_by(files) | source.variable_files(files)
    except Unreadable:
        return set()


def _grep(
    hashes: Sequence[str], paths: Sequence[str], folder: Path, shell: Shell
) -> Iterator[tuple[str, str, str]]:
    """Yield commit, absolute path and text; empty, binary and missing files are left out."""
    if not paths:
        return
    literal = [f":(literal){os.path.relpath(path, folder)}" for path in paths]
    answer = shell.ask(git(folder, "grep", *_GREP, *dict.fromkeys(hashes), "--", *literal))
    lines: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in answer.stdout.split("\n") if answer.status == 0 else ():
        name, separator, line = row.partition("\0")
        commit, _, path = name.partition(":")
        if separator:
            lines[commit, os.path.normpath(folder / path)].append(line)
    for (commit, path), text in lines.items():
        yield commit, path, "\n".join(text) + "\n"
