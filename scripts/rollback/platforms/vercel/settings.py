"""The settings keys of Vercel."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from rollback.settings.fields import ApiUrl, Text

API = "https://api.vercel.com"


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """`project` is a name or id; without it, the project that this folder is linked to.

    `team` is a slug or id; without it, the owner in the link, else the personal account.
    """

    project: Text | None = None
    team: Text | None = None
    api: ApiUrl = API


SETTINGS = Settings
NEEDED = ("project",)


def suggested(project: Path, environment: str) -> dict[str, str]:
    """Return the keys that the folder's link fills in; it is a link to what production serves."""
    from rollback.platforms.vercel import link
    from rollback.settings.environment import PRODUCTION_LIKE

    linked = link.read(project) if environment in PRODUCTION_LIKE else None
    if not linked:
        return {}
    return {"project": linked.project} | ({"team": linked.team} if linked.team else {})
