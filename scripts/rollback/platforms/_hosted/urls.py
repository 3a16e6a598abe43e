"""Addresses of hosted platforms, as settings, requests and login files spell them."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def base(url: str) -> str:
    """Return a base URL of the settings as requests and scripts spell it."""
    url = url.rstrip("/")
    return re.sub(r"^(https://[^/]+):443(?=/|$)", r"\1", url)


def host(base: str) -> str:
    return urlsplit(base).hostname or ""


def is_private(url: str) -> bool:
    """Whether nobody on the way can read what is asked for: HTTPS, or this machine."""
    return urlsplit(url).scheme == "https" or host(url) in LOOPBACK
