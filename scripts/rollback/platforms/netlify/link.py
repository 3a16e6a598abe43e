"""The site that `netlify link` has noted in the project's folder."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
from msgspec import Struct

from rollback.platforms._hosted import links

FILE = ".netlify/state.json"
_ID = re.compile(r"[0-9A-Za-z-]{1,64}")


class _State(Struct, frozen=True, rename="camel"):
    site_id: str = ""


def site_of(project: Path) -> str | None:
    """Return the id of the linked site.

    None without a link, with a damaged one, and in a monorepo whose packages have other links.
    """
    known = _known(project)
    return known.get(".") if len(set(known.values())) == 1 else None


def stated(project: Path) -> str:
    """Return what the folder is linked to, in words."""
    known = _known(project)
    if len(set(known.values())) > 1:
        listed = ", ".join(f"{folder} to {site}" for folder, site in known.items())
        return f"its folders are linked to several sites: {listed}"
    if "." in known:
        return "it is linked to what production serves"
    listed = ", ".join(f"its folder {folder} to {site}" for folder, site in known.items())
    return f"only a folder of it is linked: {listed}" if listed else "it is linked to none"


def _known(project: Path) -> dict[str, str]:
    """Return folder -> the site it is linked to: the project's own, and those of its packages."""
    folders = {folder: _site(path) for folder, path in links.files(project, FILE).items()}
    return {folder: site for folder, site in folders.items() if site}


def _site(path: Path) -> str:
    try:
        state = msgspec.json.decode(path.read_bytes(), type=_State)
    except (OSError, msgspec.MsgspecError):
        return ""
    return state.site_id if _ID.fullmatch(state.site_id) else ""
