"""What preflight and snapshot need of an app: read once, side by side.

App and releases are those that the plan has read for its targets, milliseconds before.
"""

from __future__ import annotations

from urllib.parse import quote

from msgspec import Struct

from rollback.model import Move
from rollback.platforms._hosted import memory
from rollback.platforms.heroku import client, config_vars, details
from rollback.platforms.heroku.client import Process, Row
from rollback.platforms.heroku.config_vars import Hashes
from rollback.shell import Shell

NEWEST = 20  # releases
_BUILDS = "created_at ..; max=5, order=desc"


class AddOn(Struct, frozen=True):
    config_vars: tuple[str, ...] = ()


class Attachment(Struct, frozen=True):
    name: str = ""


class Slug(Struct, frozen=True):
    process_types: dict[str, str] = {}
    stack: client.Stack = client.Stack()
    deleted_at: str | None = None


class Build(Struct, frozen=True):
    status: str = ""
    created_at: str | None = None


class Coupling(Struct, frozen=True):
    stage: str = ""


class Reading(Struct, frozen=True):
    """`slug` is the target's, None where it or its release is gone; `has_slug`: it is no image.

    `config_known`: the config vars of both releases were read. `closed` names what this account
    may not read.
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
    formation: list[Process]
    coupling: Coupling | None
    closed: tuple[str, ...] = ()


def of(move: Move, shell: Shell) -> Reading:
    """Read the app of a move, or return what this plan has read of it. Raises Unreadable."""
    return memory.once(shell, "reading", move.id, lambda: _read(move, shell))


def _read(move: Move, shell: Shell) -> Reading:
    facts, goal = details.of(move.target), details.sides(move)[1]
    api = client.connect(facts.api)
    wanted = {name: client.of_app(facts.app, path) for name, path in _paths(move).items()}
    answers = client.read(api, list(wanted.values()), {wanted["builds"]: _BUILDS})
    found = {name: answers.bodies[path] for name, path in wanted.items()}
    closed = tuple(name for name, path in wanted.items() if path in answers.closed)

    def typed(name: str, kind: type[client.Decoded]) -> client.Decoded:
        return client.typed(api, wanted[name], found[name], kind)

    gone = found["then"] is None and found["now"] is not None and "then" not in closed  # since then
    now, then = config_vars.hashes(found["now"], found["then"])
    rows = memory.once(
        shell, client.RELEASES, facts.id, lambda: client.releases(api, facts.app, NEWEST)
    )
    return Reading(
        releases=rows[:NEWEST],
        app=memory.once(shell, client.APP, facts.id, lambda: client.app(api, facts.app)),
        now=now,
        then=then,
        config_known=found["now"] is not None and found["then"] is not None,
        slug=typed("slug", Slug) if found["slug"] is not None and not gone else None,
        has_slug=gone or all(row.slug for row in rows if row.id == goal.id),
        builds=typed("builds", list[Build]) if found["builds"] else [],
        addons=typed("addons", list[AddOn]) if found["addons"] else [],
        attachments=typed("attachments", list[Attachment]) if found["attachments"] else [],
        formation=memory.once(
            shell, client.FORMATION, facts.id, lambda: client.formation(api, facts.app)
        ),
        coupling=typed("coupling", Coupling) if found["coupling"] else None,
        closed=closed,
    )


def _paths(move: Move) -> dict[str, str]:
    """Return what is read of the app: name -> path below the app."""
    source, goal = details.sides(move)
    return {
        "now": f"/releases/{source.id}/config-vars",
        "then": f"/releases/{goal.id}/config-vars",
        "slug": f"/slugs/{quote(goal.code, safe='')}",
        "addons": "/addons",
        "attachments": "/addon-attachments",
        "coupling": "/pipeline-couplings",
        "builds": "/builds",
    }
