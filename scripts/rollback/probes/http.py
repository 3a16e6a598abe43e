"""Check the health endpoints of the settings at once: status and reported version."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rollback.model import Check, Release, Verdict
from rollback.settings.model import HealthCheck
from rollback.text import clean

if TYPE_CHECKING:
    import httpx

BODY = 65536  # bytes read of an answer: enough for a version, whatever the server sends
PASSING = (
    408,
    425,
    429,
    502,
    503,
    504,
)  # a server that starts, or what stands before it, answers so for a while
NO_URL = "(not a URL)"
LOOPBACK = ("localhost", "::1")


def look(
    settings: Sequence[HealthCheck], phase: str, expected: Sequence[Release] = ()
) -> list[Check]:
    """Return a check per entry, in order; with a version_key one of `expected` must answer.

    "waiting" may pass by itself: no connection, a timeout, a gateway's 50x, an older version.
    """
    if not settings:
        return []
    import asyncio  # 50 ms, which only endpoints are worth

    async def every() -> list[Check]:
        return list(
            await asyncio.gather(*(_check(endpoint, phase, expected) for endpoint in settings))
        )

    return asyncio.run(every())


def shown(url: str) -> str:
    """Return a URL without possible secrets: no user, password or query."""
    try:
        parts = urlsplit(url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError:
        return NO_URL
    return clean(f"{parts.scheme}://{host}{port}{parts.path}{'?***' if parts.query else ''}", 160)


def is_release(version: str, release: Release) -> bool:
    """Whether an application that reports `version` runs this release.

    A commit may be shortened; a leading v may be missing.
    """
    names = {name.removeprefix("v") for name in (release.id, release.version) if name}
    commit = release.commit or ""
    return version.removeprefix("v") in names or (
        len(version) >= 7
        and bool(commit)
        and (commit.startswith(version) or version.startswith(commit))
    )


async def _check(settings: HealthCheck, phase: str, expected: Sequence[Release]) -> Check:
    import asyncio

    verdict, detail = "waiting", ""
    for attempt in range(settings.attempts):
        if attempt:
            await asyncio.sleep(min(0.5 * attempt, 2))
        try:
            verdict, detail = await asyncio.wait_for(_once(settings, expected), settings.timeout)
        except asyncio.TimeoutError:
            verdict, detail = "waiting", f"timed out after {settings.timeout:g} s"
        if verdict == "healthy":
            break
    return Check(shown(settings.url), verdict, clean(detail), phase)  # type: ignore[arg-type]


async def _once(settings: HealthCheck, expected: Sequence[Release]) -> tuple[Verdict, str]:
    import httpx

    if shown(settings.url) == NO_URL:
        return "unhealthy", "not a valid http or https URL"
    try:
        async with (
            _client(settings) as client,
            client.stream("GET", settings.url, headers={"Cache-Control": "no-cache"}) as answer,
        ):
            if answer.status_code != settings.status:
                return _odd(answer, settings.status)
            if settings.version_key is None:
                return "healthy", str(answer.status_code)
            return _version(await _body(answer), settings.version_key, expected, answer.status_code)
    except httpx.HTTPError as error:
        return _broken(error)
    except (httpx.InvalidURL, ValueError):
        return "unhealthy", "not a valid http or https URL"


def _client(settings: HealthCheck) -> httpx.AsyncClient:
    import httpx

    parts = urlsplit(settings.url)
    host = parts.hostname or ""
    is_loopback = host in LOOPBACK or host.startswith("127.")  # a proxy's loopback is not ours
    verify: Any = _certificates() if parts.scheme == "https" else False
    return httpx.AsyncClient(
        timeout=settings.timeout, follow_redirects=False, trust_env=not is_loopback, verify=verify
    )


def _certificates() -> Any:
    """Return the system's certificates (also a company's own) and httpx's."""
    import ssl

    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


async def _body(answer: httpx.Response) -> bytes:
    data = b""
    async for part in answer.aiter_bytes(8192):
        data += part
        if len(data) > BODY:
            break
    return data[:BODY]


def _odd(answer: httpx.Response, wanted: int) -> tuple[Verdict, str]:
    target = f" to {shown(answer.headers['location'])}" if answer.is_redirect else ""
    return (
        "waiting" if answer.status_code in PASSING else "unhealthy",
        f"answers {answer.status_code}{target}, not {wanted}",
    )


def _version(
    body: bytes, key: str, expected: Sequence[Release], status: int
) -> tuple[Verdict, str]:
    value: Any
    try:
        value = json.loads(body)
        for part in [key] if isinstance(value, dict) and key in value else key.split("."):
            value = value[int(part)] if isinstance(value, list) else value[part]
    except (ValueError, LookupError, TypeError, RecursionError):
        value = None
    if not isinstance(value, (str, int, float)) or isinstance(value, bool):
        return (
            "unhealthy" if expected else "healthy"
        ), f"{status}, but its body is not JSON with {clean(key, 60)}"
    if not expected or any(is_release(str(value), release) for release in expected):
        return "healthy", f"{status}, {clean(str(value), 60)}"
    wanted = " or ".join(dict.fromkeys(release.version or release.id for release in expected))
    return "waiting", f"{status}, but still serves {clean(str(value), 60)}, not {wanted}"


def _broken(error: httpx.HTTPError) -> tuple[Verdict, str]:
    """Return the kind of failure and its innermost reason, never the URL."""
    import ssl

    import httpx

    causes: list[BaseException] = [error]
    while following := causes[-1].__cause__ or causes[-1].__context__:
        causes.append(following)
    if tls := next((cause for cause in causes if isinstance(cause, ssl.SSLError)), None):
        return (
            "unhealthy",
            f"TLS: {getattr(tls, 'verify_message', '') or tls.reason or 'handshake failed'}",
        )
    if isinstance(error, httpx.UnsupportedProtocol):
        return "unhealthy", "not a valid http or https URL"
    inner = next(
        (cause for cause in reversed(causes) if isinstance(cause, OSError) and cause.strerror), None
    )
    kind = "no connection" if isinstance(error, httpx.ConnectError) else "broken answer"
    return "waiting", f"{kind}: {inner.strerror}" if inner else kind
