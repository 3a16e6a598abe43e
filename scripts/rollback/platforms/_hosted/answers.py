"""JSON answers as the types of an adapter, leniently: whatever may be missing has a default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from rollback.errors import Unreadable
from rollback.platforms._hosted.api import Api
from rollback.text import clean

Decoded = TypeVar("Decoded")


def typed(api: Api, path: str, body: Any, kind: type[Decoded]) -> Decoded:
    """Return JSON as this type. Raises Unreadable (bad-answer)."""
    try:
        return msgspec.convert(without_nulls(body), kind)
    except msgspec.ValidationError as error:
        message = f"{api.title}: {api.base}{path}: an answer of another shape: {clean(str(error))}"
        fix = "check api: in the settings; if it is right, report this as a bug"
        raise Unreadable("bad-answer", message, fix) from None


def without_nulls(value: Any) -> Any:
    """Drop fields that are null: APIs have them where a schema says that they never are."""
    if isinstance(value, Mapping):
        rows = value.items()
        return {key: without_nulls(item) for key, item in rows if item is not None}
    return list(map(without_nulls, value)) if isinstance(value, list) else value
