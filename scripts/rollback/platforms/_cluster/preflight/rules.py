"""What this account may do, by one rules review for all steps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from rollback.errors import RollbackError
from rollback.model import Command, Finding
from rollback.platforms._cluster import lease
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.kubectl import kubectl
from rollback.shell import Answer

Need = tuple[str, str]  # verb, resource.group
_ROW = re.compile(r"^(?P<resources>\S+)\s+\[.*?\]\s+\[(?P<names>.*?)\]\s+\[(?P<verbs>.*?)\]\s*$")


def question(location: Location) -> Command:
    return kubectl(location, "auth", "can-i", "--list")


def findings(
    namespace: str, needs: Sequence[Need], answer: Answer | RollbackError
) -> Iterator[Finding]:
    """Report what the steps need but may not do here, with the Role that allows it.

    An answer that cannot be read proves nothing.
    """
    if isinstance(answer, RollbackError) or answer.status:
        return
    rows = [row for line in answer.stdout.splitlines() if (row := _ROW.match(line))]
    missing: dict[str, list[str]] = {}
    for verb, resource in dict.fromkeys(needs):
        if not any(_allows(row, verb, resource) for row in rows):
            missing.setdefault(resource, []).append(verb)
    if missing:
        yield forbidden(namespace, missing)


def forbidden(namespace: str, missing: Mapping[str, Sequence[str]]) -> Finding:
    """`missing`: resource.group -> verbs."""
    lacks = "; ".join(f"{' '.join(verbs)} {what}" for what, verbs in missing.items())
    roles = " && ".join(_role(namespace, what, verbs) for what, verbs in missing.items())
    fix = f"ask an administrator to run: {roles}, and to bind it to you"
    if set(missing) == {lease.NEEDS[0][1]}:
        fix += f"; or plan with --{lease.OPTION}: then nothing keeps other machines away"
    return Finding("blocker", "rbac", f"not allowed in namespace {namespace}: {lacks}", fix)


def _role(namespace: str, what: str, verbs: Sequence[str]) -> str:
    create = f"kubectl -n {namespace} create role rollback-{what.partition('.')[0]}"
    return f"{create} --verb={','.join(verbs)} --resource={what}"


def _allows(row: re.Match[str], verb: str, resource: str) -> bool:
    if row["names"]:  # of single objects only
        return False
    name, _, group = resource.partition(".")
    verbs = row["verbs"].split()
    resources = (resource, "*.*", f"*.{group}", resource if group else name)
    return (verb in verbs or "*" in verbs) and row["resources"] in resources
