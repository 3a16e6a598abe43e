"""What the tool could not do: its own words, with a code and what to do about it."""

from __future__ import annotations

import os
import re

from rollback.errors import Blocked, Locked, RollbackError, Unreadable, Usage
from rollback.text import clean

# the first that matches the tool's words: code, error, what to do
_KNOWN: tuple[tuple[str, str, type[RollbackError], str], ...] = (
    (
        "error acquiring the state lock",
        "state-locked",
        Locked,
        "wait for whoever holds it; is nobody at work any more, see force-unlock of the tool",
    ),
    (
        "backend configuration changed",
        "wrong-state",
        Blocked,
        "the release keeps its state elsewhere than this checkout: roll back without --full",
    ),
    (
        "backend initialization required|module not installed|required plugins are not installed",
        "infrastructure-not-initialised",
        Usage,
        "run init in the checkout as you do before a plan of your own, then plan again",
    ),
    (
        "lock file is read-only|inconsistent dependency lock file",
        "lock-file",
        Blocked,
        "the release has no complete .terraform.lock.hcl: roll back without --full",
    ),
    (
        "no valid credential|credential|accessdenied|access denied|unauthorized|forbidden"
        "|expiredtoken|expired token|invalidclienttokenid|authentication failed",
        "infrastructure-credentials",
        Unreadable,
        "log in as for a plan of your own, then plan again",
    ),
    (
        "failed to query available provider|failed to resolve provider|failed to install provider"
        "|remote module registry|discovery document"
        "|failed to download module|module repository|no such host|i/o timeout|connection refused",
        "providers-unreachable",
        Unreadable,
        "connect to the registry, or set up a mirror or plugin cache, then plan again",
    ),
    (
        "managed by newer provider version",
        "provider-older-than-state",
        Blocked,
        "the release's provider is too old for this state: roll back without --full",
    ),
    (
        r"unsupported (?:terraform|opentofu) core version",
        "tool-version",
        Blocked,
        "install the version that the release asks for, then plan again",
    ),
    (
        "no value for required variable",
        "variable-missing",
        Usage,
        "export TF_VAR_<name>, or name a file: infrastructure: {variables: [...]}",
    ),
    (
        "instance cannot be destroyed",
        "stateful-replaced",
        Blocked,
        "the release itself forbids it (prevent_destroy): roll back without --full",
    ),
)
_SECRET = re.compile(r"TF_VAR_\w+|\w*(?:TOKEN|SECRET|PASSWORD|KEY|CREDENTIALS)\w*")


def of(words: str, doing: str) -> RollbackError:
    """Return the error that these words of the tool are. `doing` says what, and where."""
    whole = _unwrapped(words)
    text = _masked(clean(whole[max(whole.find("Error: "), 0) :].removeprefix("Error: "), 300))
    for pattern, code, kind, fix in _KNOWN:
        if re.search(pattern, whole, re.IGNORECASE):
            return kind(code, f"{doing}: {text}", fix)
    fix = "run that command yourself to see all of it"
    return Unreadable("infrastructure-unreadable", f"{doing}: {text}", fix)


def _unwrapped(words: str) -> str:
    """Return the tool's words as one line, without frames."""
    lines = [re.sub(r"^[│╷╵\s]+", "", clean(line, 400)) for line in words.splitlines()]
    return " ".join(line for line in lines if line)


def _masked(text: str) -> str:
    for name, value in os.environ.items():
        if len(value) >= 4 and _SECRET.fullmatch(name):
            text = text.replace(value, "***")
    return text
