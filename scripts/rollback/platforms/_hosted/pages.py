"""Pages of a site as anybody sees them: read without a token, and compared by hash."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urljoin, urlsplit

from msgspec import Struct

from rollback.platforms._hosted.api import client_for
from rollback.platforms._hosted.urls import host

SECONDS = 5.0  # for one answer to begin, and between two parts of it
WHOLE = 10.0  # seconds for a whole answer: one that drips would be read without end
MOST_BYTES = 1024 * 1024  # of a page
_HOPS = 3  # from / to /en/, say
_TRIES = 2
_FRESH = {"Cache-Control": "no-cache"}
PASSING = (0, 408, 425, 429, 500, 502, 503, 504)  # may answer otherwise a moment later


class Page(Struct, frozen=True):
    """`status` is 0 where nothing answered; `elsewhere` is another host that it redirects to."""

    status: int = 0
    digest: str = ""
    elsewhere: str = ""


def fetch(urls: Sequence[str]) -> list[Page]:
    """Read pages side by side, in their order. What cannot be read has the status 0."""
    with ThreadPoolExecutor(max(len(urls), 1)) as pool:
        return list(pool.map(_fetch, urls))


def _fetch(url: str) -> Page:
    page = Page()
    for _ in range(_TRIES):
        page = _once(url)
        if page.status not in PASSING:
            break
    return page


def _once(url: str) -> Page:
    import httpx

    try:
        return _followed(client_for(url), url)
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, ValueError):
        return Page()


def _followed(client: Any, url: str) -> Page:
    """Read a page; redirects are followed on its own host only."""
    at = url
    for _ in range(_HOPS + 1):
        with client.stream("GET", at, headers=_FRESH, timeout=SECONDS) as answer:
            if not answer.is_redirect:
                return _read(answer)
            at = urljoin(at, answer.headers.get("location", ""))
            if urlsplit(at).netloc != urlsplit(url).netloc:
                return Page(answer.status_code, elsewhere=host(at))
    return Page(answer.status_code)


def _read(answer: Any) -> Page:
    known, size, end = hashlib.sha256(), 0, time.monotonic() + WHOLE
    for part in answer.iter_bytes():
        known.update(part)
        size += len(part)
        if time.monotonic() > end:
            return Page()
        if size > MOST_BYTES:
            break
    return Page(answer.status_code, known.hexdigest())
