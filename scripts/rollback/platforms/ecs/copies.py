"""Task definitions by content: which ACTIVE one is a copy of one that was deregistered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from rollback.errors import RollbackError, Unreadable
from rollback.platforms.ecs.answers import Definition, Revision, Tag, number
from rollback.aws.client import Client

Defined = Definition | RollbackError | None
# the answer's fields that registering does not take (output shape minus input shape of the model)
_READ_ONLY = {
    "taskDefinitionArn",
    "revision",
    "status",
    "requiresAttributes",
    "compatibilities",
    "registeredAt",
    "registeredBy",
    "deregisteredAt",
    "deleteRequestedAt",
}


def define(client: Client, arn: str) -> Definition | None:
    """Return a task definition; None where it was deleted. Raises Unreadable."""
    try:
        answer = client.ask("ecs", "describe_task_definition", taskDefinition=arn, include=["TAGS"])
    except Unreadable as error:
        if error.code == "refused":  # ClientException: Unable to describe task definition
            return None
        raise
    raw = answer.get("taskDefinition", {})
    tags = msgspec.convert(answer.get("tags", []), tuple[Tag, ...])
    status = str(raw.get("status", ""))
    if status == "DELETE_IN_PROGRESS":
        return None
    return Definition(arn, status, raw.get("registeredAt"), raw, tags)


def definitions(client: Client, arns: Sequence[str]) -> dict[str, Defined]:
    """Return what each task definition is, or why it cannot be read: each once, side by side."""
    known = list(dict.fromkeys(filter(None, arns)))
    answers = client.all(lambda arn: client.attempt(define, client, arn), known) if known else []
    return dict(zip(known, answers, strict=True))


def registration(definition: Definition) -> dict[str, Any]:
    """Return what registers a copy. Tags of AWS itself cannot be given."""
    body = content(definition)
    tags = [tag for tag in definition.tags if not tag.key.lower().startswith("aws:")]
    return {**body, "tags": [msgspec.to_builtins(tag) for tag in tags]} if tags else body


def content(definition: Definition) -> dict[str, Any]:
    """Return what makes up a task definition: empty fields are as good as absent."""
    return {
        name: value
        for name, value in definition.raw.items()
        if name not in _READ_ONLY and value not in (None, "", [], {})
    }


def of(
    client: Client,
    lost: Mapping[str, Definition | None],
    active: Sequence[str],
    revisions: Mapping[str, Revision],
) -> dict[str, str]:
    """Return INACTIVE -> the newest ACTIVE task definition with the same content."""
    images = {row.task_definition: _images(row) for row in revisions.values()}
    copies: dict[str, str] = {}
    for arn, definition in lost.items():
        if definition is None:
            continue
        wanted = {each["name"]: each["image"] for each in definition.raw["containerDefinitions"]}
        alike = [other for other in active if images.get(other) == wanted]
        for other in sorted(alike, key=number, reverse=True):
            known = define(client, other)
            if known and content(known) == content(definition):
                copies[arn] = other
                break
    return copies


def _images(revision: Revision) -> dict[str, str]:
    return {each.container_name: each.image for each in revision.container_images}
