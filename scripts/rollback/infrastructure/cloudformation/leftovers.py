"""Change sets that a look of ours left on a stack because it was killed: found by name, deleted.

A name tells when which process of which machine made it. `cloudformation_sweep` of the script's
functions has the same rule.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import secrets
import time
from typing import Any

from rollback.aws.client import Client
from rollback.infrastructure.cloudformation.stacks import SERVICE, Stack

_NAME = re.compile(r"deployment-rollback-(\d+)-([0-9a-f]{12})-(\d+)-\w+")
_FOREIGN_SECONDS = 3600  # of another machine nobody here can tell whether its process still runs


def name() -> str:
    """Return a name for a change set of this process."""
    parts = (int(time.time()), _machine(), os.getpid(), secrets.token_hex(8))
    return "deployment-rollback-" + "-".join(map(str, parts))


def remove(client: Client, stack: Stack) -> None:
    """Delete what is left over; a login that may not list or delete leaves it there."""
    answer = client.attempt(_listed, client, stack)
    rows = answer.get("Summaries", ()) if isinstance(answer, dict) else ()
    for row in rows:
        if _is_left(str(row.get("ChangeSetName", ""))):
            client.attempt(delete, client, str(row["ChangeSetId"]))


def delete(client: Client, id: str) -> None:
    client.ask(SERVICE, "delete_change_set", ChangeSetName=id)


def _listed(client: Client, stack: Stack) -> dict[str, Any]:
    return client.ask(SERVICE, "list_change_sets", StackName=stack.name)


def _is_left(name: str) -> bool:
    """Whether it is one of ours, and the process that made it is gone."""
    if not (parts := _NAME.fullmatch(name)):
        return False
    if parts[2] != _machine():
        return int(parts[1]) + _FOREIGN_SECONDS < time.time()
    return not _runs(int(parts[3]))


def _machine() -> str:
    return hashlib.sha256(f"{platform.node()}\n".encode()).hexdigest()[:12]


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except PermissionError:
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return True
