"""What each kind of receiver offers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from msgspec import Struct

from rollback.model import Notice


class Post(Struct, frozen=True):
    """One request: a JSON body, and headers besides the usual ones."""

    body: dict[str, Any]
    headers: dict[str, str] = {}


class Receiver(Protocol):
    """One kind: what it is sent. `variables` are this process's; a token is taken from there."""

    def post(self, notice: Notice, url: str, variables: Mapping[str, str]) -> Post:
        """Return what is sent to `url`. Raises Usage (notify-*) where it cannot be."""
        ...
