"""The version of a release: the tag on its commit, or what it was deployed as."""

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
LIST_TAGS = Command(
    ("git", "for-each-ref", "refs/tags", "--format=%(objectname) %(*objectname) %(refname:short)"),
    timeout=10,
)


def tags(shell: Shell) -> Mapping[str, Sequence[str]]:
    """Return commit -> its tags in the project's git; empty without git."""
    by_commit: dict[str, list[str]] = defaultdict(list)
    try:
        answer = shell.ask(LIST_TAGS)
    except RollbackError:
        return by_commit
    for line in answer.stdout.splitlines():
        commits, _, tag = line.rpartition(" ")
        # an annotated tag has two objects, the tag and the commit
        commit = commits.split()[-1] if commits.strip() else ""
        by_commit[commit].append(clean(tag, 60))
    return by_commit


def version_of(revision: str, branch: str | None, tags: Mapping[str, Sequence[str]]) -> str | None:
    """Return a release's version: a REVISION that is no commit, else the commit's only tag.

    Without a tag, a branch that is named like a version.
    """
    if revision and not COMMIT.fullmatch(revision):
        return revision
    on_commit = [
        tag
        for commit, names in tags.items()
        if revision and commit.startswith(revision)
        for tag in names
    ]
    if len(on_commit) == 1:
        return on_commit[0]
    return branch if branch and _VERSION.fullmatch(branch) else None
