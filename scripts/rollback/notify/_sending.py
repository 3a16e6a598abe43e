"""Send one notice to one receiver: a few tries, no redirect followed, no address ever shown."""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rollback.errors import RollbackError, Usage
from rollback.model import Notice
from rollback.notify._receiver import Post, Receiver

if TYPE_CHECKING:
    import httpx

TRIES = 3
SECONDS = 3.0  # for one try
LONGEST_PAUSE = 3.0  # a receiver that wants a longer one gets no notice
SENT = "sent"
_PASSING = (408, 425, 429, 500, 502, 503, 504)
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def address(variable: str, variables: Mapping[str, str]) -> str:
    """Return the receiver's URL. Raises Usage (notify-unset, notify-url), without its value."""
    url = variables.get(variable, "").strip()
    if not url:
        message = f"nobody hears about this run through ${variable}: it is not set"
        raise Usage("notify-unset", message, f"export {variable}")
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        parts, host = urlsplit(""), ""
    local = parts.scheme == "http" and host in _LOOPBACK
    if not host or not (parts.scheme == "https" or local):
        message = f"the value of {variable} is no https:// address"
        raise Usage("notify-url", message, "http:// works on this machine only")
    return url


def send(receiver: Receiver, notice: Notice, variable: str, variables: Mapping[str, str]) -> str:
    """Return "sent", or why the notice did not get there; never raises, never shows the address."""
    try:
        url = address(variable, variables)
        return _tried(url, receiver.post(notice, url, variables))
    except RollbackError as error:
        return error.message
    except Exception as error:  # a run never fails because of a notice
        return f"not sent: {type(error).__name__}"


def _tried(url: str, post: Post) -> str:
    import httpx

    result = ""
    with httpx.Client(
        timeout=SECONDS,
        follow_redirects=False,
        trust_env=urlsplit(url).hostname not in _LOOPBACK,
        verify=_certificates(url),
    ) as client:
        for attempt in range(TRIES):
            result, pause = _once(client, url, post, attempt)
            if pause is None or attempt == TRIES - 1:
                break
            time.sleep(pause)
    return result


def _once(client: httpx.Client, url: str, post: Post, attempt: int) -> tuple[str, float | None]:
    """Return how it went, and the seconds until a further try; None where that would not help."""
    import httpx

    try:
        with client.stream("POST", url, json=post.body, headers=post.headers) as answer:
            if answer.is_success:
                return SENT, None
            if answer.is_redirect:
                return f"a redirect (HTTP {answer.status_code}), not followed", None
            pause = _pause(answer, attempt) if answer.status_code in _PASSING else None
            return f"HTTP {answer.status_code}", pause
    except httpx.TimeoutException:
        return f"no answer in {SECONDS:g} s", 0.5
    except httpx.HTTPError as error:
        return f"no connection ({type(error).__name__})", 0.5 + attempt


def _pause(answer: httpx.Response, attempt: int) -> float | None:
    wanted = answer.headers.get("retry-after", "")
    if wanted.isdecimal():
        return float(wanted) if float(wanted) <= LONGEST_PAUSE else None
    return 0.5 + attempt


def _certificates(url: str) -> Any:
    if not url.startswith("https:"):
        return False
    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
