"""What a change set would do to each resource, and what of it is refused. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from rollback.infrastructure_contracts import Asked, Planned
from rollback.model import InfrastructureChange

_STATEFUL = Path(__file__).with_name("stateful.json")
TOOL = "cloudformation"
_REPLACED = ("delete", "create")
# of a row, in the order that the script asks for
FIELDS = (
    "LogicalResourceId",
    "PhysicalResourceId",
    "ResourceType",
    "Action",
    "Replacement",
    "PolicyAction",
)


@cache
def _stateful() -> frozenset[str]:
    return frozenset(json.loads(_STATEFUL.read_text(encoding="utf-8"))["types"])


def _is_stateful(type: str, asked: Asked) -> bool:
    """Whether a resource holds data; what a custom one does when it is deleted is unknown."""
    custom = type.startswith(("Custom::", "AWS::CloudFormation::CustomResource"))
    return custom or type in _stateful() or type in asked.settings.stateful


def lines(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return the rows as the script's aws command line prints them: sorted, a tab between words."""
    words = ("\t".join(str(row.get(name) or "None") for name in FIELDS) for row in rows)
    return "".join(f"{line}\n" for line in sorted(words, key=str.encode))


def of(asked: Asked, rows: Iterable[Mapping[str, Any]]) -> Iterator[InfrastructureChange]:
    """Yield every resource that changes; without one it is outputs, tags or the like."""
    known = False
    for row in sorted(rows, key=lambda row: str(row.get("LogicalResourceId"))):
        known = True
        type, actions = str(row.get("ResourceType", "")), _actions(row)
        refused = "delete" in actions and (
            _is_stateful(type, asked) or row.get("Action") == "Dynamic"
        )
        address = f"{row.get('LogicalResourceId')} ({type})"
        yield InfrastructureChange(
            asked.component, TOOL, address, actions, refused, _why(row, type, actions, refused)
        )
    if not known:
        yield InfrastructureChange(asked.component, TOOL, "outputs", ("update",))


def _actions(row: Mapping[str, Any]) -> tuple[str, ...]:
    action, policy = row.get("Action"), str(row.get("PolicyAction", ""))
    if action == "Remove":
        return ("forget",) if policy == "Retain" else ("delete",)
    if action in ("Add", "Import"):
        return ("create",)
    may_replace = row.get("Replacement") in ("True", "Conditional") or action == "Dynamic"
    return _REPLACED if may_replace else ("update",)


def _why(row: Mapping[str, Any], type: str, actions: tuple[str, ...], refused: bool) -> str:
    if actions == ("forget",):
        return "it stays, but is not part of the stack any more"
    if row.get("Action") == "Dynamic":
        return "CloudFormation cannot tell beforehand what it would do"
    if actions == ("delete",):
        why = "the release does not have it"
    elif actions == _REPLACED:
        certain = row.get("Replacement") == "True"
        why = "this cannot be changed in place" if certain else "it may have to be replaced"
    else:
        return ""
    return f"{type} holds data that no update brings back; {why}" if refused else why


def kept(change: InfrastructureChange, planned: Planned) -> str:
    """Return what keeps a resource that an update would delete."""
    name = change.address.partition(" ")[0]
    return (
        f"keep it: roll back without --full, or first give {name} DeletionPolicy: Retain and a "
        f"changed Metadata in the template that is live in {planned.location}, and update that "
        "(a policy alone is no update; a replacement begins empty)"
    )
