"""May we write what Helm itself has to write: its history, and the lock across machines?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.errors import RollbackError
from rollback.model import Finding
from rollback.platforms._cluster import lease
from rollback.platforms._cluster.kubectl import kubectl
from rollback.platforms._cluster.preflight import rules
from rollback.platforms.helm import storage
from rollback.platforms.helm.details import Details
from rollback.shell import Shell


def findings(details: Sequence[Details], shell: Shell) -> Iterator[Finding]:
    """`details` are those of the targets, which share one namespace."""
    location = details[0]
    needs = [("create", storage.resource()), ("update", storage.resource())]
    if lease.wanted(details):
        needs += lease.NEEDS
    questions = [kubectl(location, "auth", "can-i", verb, what) for verb, what in needs]
    missing: dict[str, list[str]] = {}
    for (verb, what), answer in zip(needs, shell.ask_all(questions), strict=True):
        if not isinstance(answer, RollbackError) and answer.stdout.strip() == "no":
            missing.setdefault(what, []).append(verb)
    if missing:
        yield rules.forbidden(location.namespace, missing)
