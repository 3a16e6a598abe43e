"""Do the secrets and parameters of the target's tasks still exist? No value is read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from rollback.aws.client import Client
from rollback.errors import RollbackError
from rollback.model import Finding, Move
from rollback.platforms.ecs import details
from rollback.platforms.ecs.copies import Defined
from rollback.text import clean

_ARN = re.compile(
    r"(?P<id>arn:[\w-]+:(?P<service>secretsmanager|ssm):(?P<region>[\w-]+):\d*:"
    r"(?:secret:(?P<secret>[^:]+)|parameter/(?P<parameter>.+)))(?P<rest>:.*)?"
)
_MISSING = "reference-missing"
_NAMED = 3  # variables in a message


class Reference(Struct, frozen=True):
    """One secret or parameter: `names` are those it may have, `shown` is for people."""

    service: str
    names: tuple[str, ...]
    shown: str


def findings(
    moves: Sequence[Move], client: Client, definitions: Mapping[str, Defined]
) -> Iterator[Finding]:
    """Yield what the targets need and AWS no longer has; each is asked for once, side by side."""
    users: dict[Reference, list[str]] = {}
    unread = []
    for move in moves:
        definition = definitions.get(details.sides(move)[1].arn)
        if isinstance(definition, RollbackError):
            unread.append(definition)
        elif definition:
            for variable, source in _sources(definition.raw):
                if reference := of(source, client.region):
                    users.setdefault(reference, []).append(f"{move.target.app}: {variable}")
    known = list(users)
    answers = client.all(lambda it: client.attempt(_state, client, it), known) if known else []
    for reference, answer in zip(known, answers, strict=True):
        if isinstance(answer, RollbackError):
            unread.append(answer)
        elif answer:
            yield _missing(reference, users[reference], answer)
    if unread:
        message = f"whether secrets of the target still exist is not known: {unread[0].message}"
        yield Finding("note", "references-unknown", clean(message, 300), unread[0].fix)


def of(source: str, region: str) -> Reference | None:
    """Return what a `valueFrom` names; None in another region. A name alone is a parameter."""
    match = _ARN.fullmatch(source)
    if match is None:
        return None if source.startswith("arn:") else Reference("ssm", (source,), source)
    if match["region"] != region:
        return None
    if match["service"] == "secretsmanager":
        return Reference("secretsmanager", (match["id"],), match["secret"])
    name = match["parameter"]
    return Reference("ssm", (f"/{name}", name), name)


def _sources(definition: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the variable and what it is taken from, of containers and of their log drivers."""
    for container in definition.get("containerDefinitions", ()):
        options = (container.get("logConfiguration") or {}).get("secretOptions") or ()
        for row in (*(container.get("secrets") or ()), *options):
            yield str(row.get("name", "")), str(row.get("valueFrom", ""))


def _state(client: Client, reference: Reference) -> str:
    """Return why it cannot be used, "" where it can. Raises Unreadable."""
    if reference.service == "ssm":
        names = {"Key": "Name", "Option": "Equals", "Values": list(reference.names)}
        # a page may be empty, and the next one hold the parameter
        asked = {"ParameterFilters": [names]}
        rows = client.pages("ssm", "describe_parameters", "Parameters", **asked)
        return "" if rows else "does not exist"
    try:
        told = client.ask("secretsmanager", "describe_secret", SecretId=reference.names[0])
    except RollbackError as error:
        if error.code == "not-found":
            return "does not exist"
        raise
    return "is scheduled for deletion" if told.get("DeletedDate") else ""


def _missing(reference: Reference, users: Sequence[str], why: str) -> Finding:
    kind = "parameter" if reference.service == "ssm" else "secret"
    name, more = clean(reference.shown, 80), " ..." if len(users) > _NAMED else ""
    message = f"{clean(', '.join(users[:_NAMED]), 160)}{more}: {kind} {name} {why}"
    fix = f"make {kind} {name} again, or name a release that does without it"
    if why.startswith("is scheduled"):
        fix = f"aws secretsmanager restore-secret --secret-id {reference.names[0]}"
    return Finding("blocker", _MISSING, message, fix)
