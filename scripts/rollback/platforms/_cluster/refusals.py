"""Why kubectl could not read: recognised by its message, each with a code and a fix."""

from __future__ import annotations

import re
from rollback.errors import RollbackError, Unreadable, Usage
from rollback.model import Command
from rollback.platforms._cluster.details import Location
from rollback.shell import Answer, last_line

# (pattern in kubectl's message, code, fix); the first match counts.
# kubectl has one exit status for all of them.
_REFUSALS = (
    (
        r"context .*(does not exist|was not found)|no context exists|"
        r"cannot locate context|current-context must exist",
        "context-missing",
        "set `context` in the settings to one of `kubectl config get-contexts`",
    ),
    (
        r"unable to read (certificate-authority|client-cert|client-key)|unable to read token",
        "kubeconfig",
        "restore the missing file that the kubeconfig names",
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
        r"refused|no such host|timeout|timed out|deadline exceeded|no route|unreachable|EOF|"
        r"reset by peer|dial tcp|Unable to connect",
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


def refusal(command: Command, answer: Answer, location: Location) -> RollbackError:
    """Return the typed error for a kubectl call that failed."""
    text = answer.stderr or answer.stdout
    message = last_line(text)
    location_text = f"context {location.context or '(none)'}, namespace {location.namespace}"
    for pattern, code, fix in _REFUSALS:
        if re.search(pattern, text, re.IGNORECASE):
            kind = Usage if code in _OURS else Unreadable
            return kind(code, f"{location_text}: {message}", _role_for(text, location) or fix)
    return Unreadable(
        "read-failed",
        f"{location_text}: {command.argv[-1]}: {message}",
        f"run it yourself to see why: {command}",
    )


def _role_for(text: str, location: Location) -> str:
    """Return the command with which an administrator would allow a refused read."""
    missing = _VERB.search(text)
    if not missing:
        return ""
    resource = missing["resource"] + (f".{missing['group']}" if missing["group"] else "")
    return (
        f"ask an administrator to allow it: kubectl -n {location.namespace} create role"
        f" rollback-read --verb=get,list --resource={resource}, then bind it to you with"
        " `kubectl create rolebinding` (the whole Role: references/kubernetes.md)"
    )
