"""The site that `netlify link` has noted in the project's folder."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
from msgspec import Struct

FILE = ".netlify/state.json"
_ID = re.compile(r"[0-9A-Za-z-]{1,64}")


class _State(Struct, frozen=True, rename="camel"):
    site_id: str = ""


def site_of(project: Path) -> str | None:
    """Return the id of the linked site; None without a link, or with a damaged one."""
    try:
        state = msgspec.json.decode((project / FILE).read_bytes(), type=_State)
    except (OSError, msgspec.MsgspecError):
        return None
    return state.site_id if _ID.fullmatch(state.site_id) else None
