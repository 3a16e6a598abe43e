"""What preflight and snapshot read of an app, side by side."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from msgspec import Struct

from rollback.model import Move
from rollback.platforms.heroku import client, config, details
from rollback.platforms.heroku.client import Row
from rollback.platforms.heroku.config import Hashes

NEWEST = 20  # releases
_RANGES = {
    "releases": client.NEWEST.format(NEWEST),
    "builds": "created_at ..; max=5, order=desc",
}


class AddOn(Struct, frozen=True):
    config_vars: tuple[str, ...] = ()


class Attachment(Struct, frozen=True):
    name: str = ""


class Slug(Struct, frozen=True):
    process_types: dict[str, str] = {}
    deleted_at: str | None = None


class Build(Struct, frozen=True):
    status: str = ""


class Coupling(Struct, frozen=True):
    stage: str = ""


class Reading(Struct, frozen=True):
    """`slug` is the target's, None where it or its release is gone; `has_slug`: it is no image.

    `config_known`: the config vars of both releases were read.
    """

    releases: list[Row]
    app: client.App
    now: Hashes
    then: Hashes
    config_known: bool
    slug: Slug | None
    has_slug: bool
    builds: list[Build]
    addons: list[AddOn]
    attachments: list[Attachment]
    formation: Any
    coupling: Coupling | None


def of(move: Move) -> Reading:
    """Read the app of a move. Raises Unreadable."""
    facts = details.of(move.target)
    api = client.connect(facts.api)
    wanted = {name: client.of_app(facts.app, path) for name, path in _paths(move).items()}
    ranges = {wanted[name]: span for name, span in _RANGES.items()}
    answers = client.read(api, list(wanted.values()), ranges)
    found = {name: answers[path] for name, path in wanted.items()}

    def typed(name: str, kind: type[client.Decoded]) -> client.Decoded:
        return client.typed(api, wanted[name], found[name], kind)

    now, then = config.hashes(found["now"], found["then"])
    release = found["release"] and typed("release", Row)
    return Reading(
        releases=typed("releases", list[Row]) if found["releases"] else [],
        app=typed("app", client.App),
        now=now,
        then=then,
        config_known=found["now"] is not None and found["then"] is not None,
        slug=typed("slug", Slug) if release and found["slug"] is not None else None,
        has_slug=release is None or bool(release.slug),
        builds=typed("builds", list[Build]) if found["builds"] else [],
        addons=typed("addons", list[AddOn]) if found["addons"] else [],
        attachments=typed("attachments", list[Attachment]) if found["attachments"] else [],
        formation=found["formation"],
        coupling=typed("coupling", Coupling) if found["coupling"] else None,
    )


def _paths(move: Move) -> dict[str, str]:
    """Return what is read of the app, all side by side: name -> path below the app."""
    source, goal = details.sides(move)
    return {
        "app": "",
        "now": f"/releases/{source.id}/config-vars",
        "then": f"/releases/{goal.id}/config-vars",
        "release": f"/releases/{goal.id}",
        "slug": f"/slugs/{quote(goal.code, safe='')}",
        "addons": "/addons",
        "attachments": "/addon-attachments",
        "formation": "/formation",
        "coupling": "/pipeline-couplings",
        "releases": "/releases",
        "builds": "/builds",
    }
