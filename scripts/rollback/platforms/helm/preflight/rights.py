"""May we write what Helm itself has to write: its history, and the lock across machines?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.errors import RollbackError
from rollback.model import Finding, Move
from rollback.platforms.helm import storage
from rollback.platforms.kubernetes import lease
from rollback.platforms.kubernetes.kubectl import kubectl
from rollback.shell import Shell


def findings(moves: Sequence[Move], shell: Shell) -> Iterator[Finding]:
    place = moves[0].target.details
    needs = [(verb, storage.kind()) for verb in ("create", "update")] + [
        *(lease.NEEDS if lease.wanted(moves) else ())
    ]
    answers = shell.ask_all([kubectl(place, "auth", "can-i", verb, what) for verb, what in needs])
    lacks: dict[str, list[str]] = {}
    for (verb, what), answer in zip(needs, answers, strict=True):
        if not isinstance(answer, RollbackError) and answer.stdout.strip() == "no":
            lacks.setdefault(what, []).append(verb)
    if lacks:
        said = "; ".join(f"{' '.join(verbs)} {what}" for what, verbs in lacks.items())
        role = " && ".join(
            f"kubectl -n {place['namespace']} create role rollback-{what.partition('.')[0]} --verb={','.join(verbs)} --resource={what}"
            for what, verbs in lacks.items()
        )
        message = f"not allowed in namespace {place['namespace']}, and Helm's history or the lock need it: {said}"
        yield Finding(
            "blocker", "rbac", message, f"an administrator runs: {role}, and binds it to you"
        )
