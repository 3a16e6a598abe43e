"""Why kubectl could not read: told apart by what it prints, each with its own code word and next move."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rollback.errors import RollbackError, Unreadable, Usage
from rollback.model import Command
from rollback.shell import Answer, last_line

# (pattern in kubectl's message, code, fix); the first that fits. kubectl has one exit status for all of them.
_REFUSALS = (
    (
        r"context .*(does not exist|was not found)|no context exists|cannot locate context|current-context must exist",
        "context-missing",
        "name one of `kubectl config get-contexts` in the settings",
    ),
    (
        r"unable to read (certificate-authority|client-cert|client-key)|unable to read token",
        "kubeconfig",
        "a file that the kubeconfig names is gone",
    ),
    (
        r"x509|certificate|tls:|server gave HTTP response to HTTPS",
        "tls",
        "check the server's certificate and the kubeconfig's certificate-authority",
    ),
    (
        r"getting credentials|exec plugin|exec: executable",
        "login",
        "log in with your cluster's own command (no prompt can be answered here)",
    ),
    (
        r"Unauthorized|must be logged in|provide credentials",
        "login",
        "the token is missing or expired: log in again",
    ),
    (r"Forbidden|cannot (get|list)", "forbidden", "ask an administrator for a Role"),
    (
        r"refused|no such host|timeout|timed out|deadline exceeded|no route|unreachable|EOF|reset by peer|dial tcp|Unable to connect",
        "unreachable",
        "check the VPN, the proxy and the server of this context (kubectl cluster-info)",
    ),
    (
        r"invalid configuration|error loading config|yaml:",
        "kubeconfig",
        "check KUBECONFIG: `kubectl config view` must work",
    ),
    (
        r"NotFound|not found|could not find the requested resource",
        "not-found",
        "check the namespace and the cluster",
    ),
)
_OURS = ("context-missing", "kubeconfig")  # mistakes in settings, not in the cluster

_VERB = re.compile(
    r'cannot (?P<verb>\w+) resource "(?P<resource>[\w./]+)" in API group "(?P<group>[\w.]*)"'
)


def refusal(command: Command, answer: Answer, place: Mapping[str, Any]) -> RollbackError:
    """The typed error for a kubectl that ended badly."""
    text = answer.stderr or answer.stdout
    said = last_line(text)
    where = f"context {place['context'] or '(none)'}, namespace {place['namespace']}"
    for pattern, code, fix in _REFUSALS:
        if re.search(pattern, text, re.IGNORECASE):
            kind = Usage if code in _OURS else Unreadable
            return kind(code, f"{where}: {said}", _role_for(text, place) or fix)
    return Unreadable(
        "read-failed",
        f"{where}: {command.argv[-1]}: {said}",
        f"run it yourself to see why: {command}",
    )


def _role_for(text: str, place: Mapping[str, Any]) -> str:
    """For a refused read: the command that would allow it, for an administrator."""
    missing = _VERB.search(text)
    if not missing:
        return ""
    resource = missing["resource"] + (f".{missing['group']}" if missing["group"] else "")
    return (
        f"have an administrator allow it: kubectl -n {place['namespace']} create role rollback-read --verb=get,list --resource={resource},"
        " then bind it to you with `kubectl create rolebinding` (the whole Role: references/kubernetes.md)"
    )
