"""All compose files and env files of many commits, read by one program."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rollback.errors import Unreadable
from rollback.model import Command
from rollback.platforms.docker_compose import source
from rollback.shell import Shell

# a repository's own settings start no program and change no output
GIT = (
    "git",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "log.showSignature=false",
    "-c",
    "core.quotePath=false",
)


def texts(
    hashes: Sequence[str], details: Mapping[str, Any], shell: Shell
) -> dict[str, dict[str, str]]:
    """Commit -> absolute path -> text, of the compose files, the env files, and what they name in turn."""
    wanted, asked = {*details["files"], *details["env_files"]}, set[str]()
    found: dict[str, dict[str, str]] = {}
    folder = Path(details["folder"])
    while new := sorted(wanted - asked):
        for commit, path, text in _grep(
            [*hashes, "HEAD"], tracked_here(new, folder), folder, shell
        ):
            found.setdefault(commit, {})[path] = text
        asked |= set(new)
        wanted = asked | {path for known in found.values() for path in _named_by(known)}
    return found


def tracked_here(paths: Sequence[str], folder: Path) -> list[str]:
    """Paths that this repository could hold: git refuses a question that names any other."""
    top = next((place for place in (folder, *folder.parents) if (place / ".git").exists()), folder)
    return [path for path in dict.fromkeys(paths) if Path(path).is_relative_to(top)]


def _named_by(known: Mapping[str, str]) -> set[str]:
    files = [(path, text) for path, text in known.items() if path.endswith((".yml", ".yaml"))]
    try:
        return source.named_by(files) | source.variable_files(files)
    except Unreadable:
        return set()


def _grep(
    hashes: Sequence[str], paths: Sequence[str], folder: Path, shell: Shell
) -> Iterator[tuple[str, str, str]]:
    """All files of all commits by one program; what is empty, binary or not there is left out."""
    options = (
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
    if not paths:
        return
    relative = [os.path.relpath(path, folder) for path in paths]
    literal = [f":(literal){path}" for path in relative]
    answer = shell.ask(
        Command((*GIT, "-C", str(folder), "grep", *options, *dict.fromkeys(hashes), "--", *literal))
    )
    lines: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in answer.stdout.split("\n") if answer.status == 0 else ():
        place, separator, line = row.partition("\0")
        commit, _, path = place.partition(":")
        if separator:
            lines[commit, os.path.normpath(folder / path)].append(line)
    for (commit, path), found in lines.items():
        yield commit, path, "\n".join(found) + "\n"
