"""What bringing a stack back to a commit's template would change.

Only a change set tells that: one is made, read and deleted. It changes no resource.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from typing import Any

from rollback.aws.client import Client, connect
from rollback.contracts import payload
from rollback.errors import Blocked, Unreadable
from rollback.infrastructure.cloudformation import changes, leftovers, release, stacks
from rollback.infrastructure.cloudformation.release import Template
from rollback.infrastructure.cloudformation.stacks import SERVICE, Stack
from rollback.infrastructure_contracts import Asked, Planned
from rollback.model import Finding
from rollback.shell import Shell
from rollback.text import clean

TEMPLATE, PARAMETERS = "template", "parameters.json"
_SECONDS = 180  # until a change set is there
# how CloudFormation says that nothing would change
UNCHANGED = ("didn't contain changes", "No updates are to be performed")
_Rows = list[dict[str, Any]]


def plan(asked: Asked, shell: Shell) -> Planned:
    """Return what would change. Raises Usage, Unreadable, Locked, Blocked (wrong-state, ...)."""
    client = connect(shell, None, None)
    stack = stacks.read(asked, client)
    template = release.read(asked, client, stack)
    rows = _previewed(client, stack, template)
    _refuse_nested(rows or ())
    hashed = hashlib.sha256(changes.lines(rows or ()).encode()).hexdigest()
    return Planned(
        tool=changes.TOOL,
        location=stack.location,
        identity=stack.id,
        state=f"updated {stack.updated}",
        changes=() if rows is None else tuple(changes.of(asked, rows)),
        drift=stack.drift,
        source=f"changes {hashed} since {stack.updated} of {stack.id}",
        goal=f"no changes of {stack.id}",
        arguments=_arguments(asked, stack, template),
        variables=(),
        files={
            TEMPLATE: template.text.encode(),
            PARAMETERS: json.dumps(template.parameters).encode(),
        },
        notes=tuple(_policy(client, stack)),
    )


def _arguments(asked: Asked, stack: Stack, template: Template) -> tuple[str, ...]:
    """Return the options of the script's functions."""
    options = {
        "region": stack.region,
        "stack": stack.id,
        "template": payload(asked.component, TEMPLATE),
        "parameters": payload(asked.component, PARAMETERS),
        "capabilities": " ".join(template.capabilities),
    }
    return tuple(word for name, value in options.items() for word in (f"--{name}", value))


def _previewed(client: Client, stack: Stack, template: Template) -> _Rows | None:
    """Return the rows of a change set that is deleted again; None where nothing would change."""
    leftovers.remove(client, stack)
    made = client.ask(
        SERVICE,
        "create_change_set",
        StackName=stack.id,
        ChangeSetName=leftovers.name(),
        ChangeSetType="UPDATE",
        TemplateBody=template.text,
        Parameters=list(template.parameters),
        Capabilities=list(template.capabilities),
        Description="a look at what a rollback would change",
    )
    place = {"ChangeSetName": made["Id"]}
    try:
        return _rows(client, place)
    finally:
        client.attempt(leftovers.delete, client, made["Id"])


def _rows(client: Client, place: dict[str, str]) -> _Rows | None:
    end = time.monotonic() + _SECONDS
    while True:
        answer = client.ask(SERVICE, "describe_change_set", **place)
        status, reason = answer.get("Status"), str(answer.get("StatusReason") or "")
        if status == "CREATE_COMPLETE":
            return list(_pages(client, place, answer))
        if status == "FAILED":
            if any(words in reason for words in UNCHANGED):
                return None
            message = f"CloudFormation makes no change set of the release: {clean(reason, 240)}"
            fix = "roll back without --full, or correct what it says, then plan again"
            raise Blocked("change-set-failed", message, fix)
        if time.monotonic() > end:
            message = f"the change set is {status} after {_SECONDS} s"
            raise Unreadable("timed-out", message, "plan again")
        time.sleep(1)


def _pages(client: Client, place: dict[str, str], answer: dict[str, Any]) -> Iterator[Any]:
    """Yield what changes, from all pages."""
    while True:
        for row in answer.get("Changes", ()):
            if "ResourceChange" in row:
                yield row["ResourceChange"]
        if not answer.get("NextToken"):
            return
        answer = client.ask(SERVICE, "describe_change_set", **place, NextToken=answer["NextToken"])


def _refuse_nested(rows: _Rows | tuple[()]) -> None:
    """Reject changes of nested stacks: the change set of the outer one does not show them."""
    names = [
        str(row.get("LogicalResourceId"))
        for row in rows
        if row.get("ResourceType") == "AWS::CloudFormation::Stack"
    ]
    if names:
        message = f"the nested stack {clean(', '.join(names), 120)} would change, unseen"
        fix = "bring the stacks back as they are deployed, and roll back without --full"
        raise Blocked("nested-stack", message, fix)


def _policy(client: Client, stack: Stack) -> Iterator[Finding]:
    """Yield a note on a stack policy: CloudFormation holds to it, and goes back when it denies."""
    answer = client.attempt(_asked_policy, client, stack)
    if isinstance(answer, dict) and '"Deny"' in str(answer.get("StackPolicyBody", "")):
        message = f"{stack.name} has a policy that denies updates of some resources"
        fix = f"aws cloudformation get-stack-policy --stack-name {stack.name}"
        yield Finding("warning", "stack-policy", message, fix)


def _asked_policy(client: Client, stack: Stack) -> dict[str, Any]:
    return client.ask(SERVICE, "get_stack_policy", StackName=stack.id)
