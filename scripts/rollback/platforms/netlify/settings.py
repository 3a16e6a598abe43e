"""The settings keys of Netlify."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from rollback.settings.fields import ApiUrl, Text

API = "https://api.netlify.com"


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """`site` is its id, name or domain; without it, that of the folder that the client linked."""

    site: Text | None = None
    api: ApiUrl = API


SETTINGS = Settings
NEEDED = ("site",)


def suggested(project: Path, environment: str) -> dict[str, str]:
    """Return the keys that the folder's link fills in: it is a link to what production serves."""
    from rollback.platforms.netlify.link import site_of
    from rollback.settings.environment import PRODUCTION_LIKE

    site = site_of(project) if environment in PRODUCTION_LIKE else None
    return {"site": site} if site else {}
