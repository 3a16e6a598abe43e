"""The stack as it is: which one, and whether it can be updated."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from msgspec import Struct

from rollback.aws.client import Client
from rollback.errors import Blocked, Locked, Unreadable, Usage
from rollback.infrastructure_contracts import Asked
from rollback.text import clean

SERVICE = "cloudformation"
_READY = (
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
)
# status -> what a person runs before anything else can change
_WAY_OUT = {
    "UPDATE_ROLLBACK_FAILED": "aws cloudformation continue-update-rollback --stack-name {}",
    "UPDATE_FAILED": "aws cloudformation rollback-stack --stack-name {}",
}


class Stack(Struct, frozen=True):
    """`updated` is the time of its last update, in UTC; `parameters` are the names it has now."""

    id: str
    name: str
    updated: str
    parameters: frozenset[str]
    drift: tuple[str, ...]

    @property
    def region(self) -> str:
        return self.id.split(":")[3]

    @property
    def location(self) -> str:
        return f"stack {self.name} ({self.region}, account {self.id.split(':')[4]})"


def read(asked: Asked, client: Client) -> Stack:
    """Read the stack of the settings.

    Raises Usage (stack-missing), Blocked (wrong-state, stack-failed, nested-stack), Locked
    (state-locked), Unreadable.
    """
    if not (name := asked.settings.stack):
        fix = "name it: infrastructure: {tool: cloudformation, stack: NAME} in the settings"
        raise Usage("stack-missing", "the settings name no CloudFormation stack", fix)
    row = _described(client, name)
    if row.get("ParentId"):
        message = f"stack {name} is nested in {clean(str(row['ParentId']).split('/')[1], 80)}"
        raise Blocked("nested-stack", message, "name the outermost stack in the settings")
    _require_ready(name, str(row.get("StackStatus", "")))
    parameters = (str(each.get("ParameterKey", "")) for each in row.get("Parameters", ()))
    return Stack(
        id=str(row["StackId"]),
        name=str(row["StackName"]),
        updated=_time(row.get("LastUpdatedTime") or row["CreationTime"]),
        parameters=frozenset(parameters),
        drift=tuple(_drift(row)),
    )


def _described(client: Client, name: str) -> dict[str, Any]:
    try:
        rows = client.ask(SERVICE, "describe_stacks", StackName=name).get("Stacks", [])
    except Unreadable as error:
        if error.code != "refused" or "does not exist" not in error.message:
            raise
        rows = []
    if not rows:
        message = f"there is no stack {clean(name, 80)} in {client.region}, {client.account()}"
        fix = "correct infrastructure: {stack: ...}, or use another account or region"
        raise Blocked("wrong-state", message, fix)
    return dict(rows[0])


def _require_ready(name: str, status: str) -> None:
    if status in _READY:
        return
    if status.endswith("IN_PROGRESS"):
        message = f"stack {name} is being changed ({status})"
        raise Locked("state-locked", message, "wait until that has ended, then plan again")
    way = _WAY_OUT.get(status, "aws cloudformation describe-stack-events --stack-name {}")
    message = f"stack {name} is {status}: CloudFormation takes no update"
    raise Blocked("stack-failed", message, f"{way.format(name)}; then plan again")


def _time(at: datetime) -> str:
    """Return a time as the script reads it: to the second, as versions of aws differ after that."""
    return f"{at.astimezone(timezone.utc):%Y-%m-%dT%H:%M:%S}"


def _drift(row: dict[str, Any]) -> list[str]:
    """Return what CloudFormation found when it last looked for drift."""
    known = row.get("DriftInformation", {})
    if known.get("StackDriftStatus") != "DRIFTED":
        return []
    at = known.get("LastCheckTimestamp")
    return [f"the stack, seen {at:%Y-%m-%d %H:%M} UTC" if at else "the stack"]
