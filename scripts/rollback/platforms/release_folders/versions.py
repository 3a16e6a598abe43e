"""What people call a release: the tag on its commit, or the version it was deployed as."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from rollback.errors import RollbackError
from rollback.model import Command
from rollback.shell import Shell
from rollback.text import clean

COMMIT = re.compile(r"[0-9a-f]{7,64}")
_VERSION = re.compile(r"v?\d+(?:\.\d+)+(?:[-+.]?[0-9A-Za-z.-]+)?")
_TAGS = Command(
    ("git", "for-each-ref", "refs/tags", "--format=%(objectname) %(*objectname) %(refname:short)"),
    timeout=10,
)


def tags(shell: Shell) -> Mapping[str, Sequence[str]]:
    """Commit -> the tags on it, as far as the project's own git knows; empty without git."""
    found: dict[str, list[str]] = defaultdict(list)
    try:
        answer = shell.ask(_TAGS)
    except RollbackError:
        return found
    for line in answer.stdout.splitlines():
        commit, _, name = line.rpartition(" ")
        found[commit.split()[-1] if commit.strip() else ""].append(clean(name, 60))
    return found


def version_of(revision: str, branch: str | None, known: Mapping[str, Sequence[str]]) -> str | None:
    """A REVISION that is no commit is a version itself; else the only tag on the commit, else a branch that reads like a version."""
    if revision and not COMMIT.fullmatch(revision):
        return revision
    on_it = [
        name
        for commit, names in known.items()
        if revision and commit.startswith(revision)
        for name in names
    ]
    if len(on_it) == 1:
        return on_it[0]
    return branch if branch and _VERSION.fullmatch(branch) else None
