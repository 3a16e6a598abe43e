"""A task definition named by family and number that no deployment which was read has brought."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rollback.errors import Usage
from rollback.model import Release, Target
from rollback.aws.client import connect
from rollback.platforms.ecs import copies, details, weak
from rollback.platforms.ecs.answers import Definition, family, number, utc
from rollback.platforms.ecs.details import Details, Facts, Side
from rollback.shell import Shell

_NAME = re.compile(r"[\w-]{1,255}:[1-9]\d{0,8}", re.ASCII)


def look_up(
    target: Target, releases: Sequence[Release], wanted: str, shell: Shell
) -> Release | None:
    """Return what puts the services on these task definitions; other services stay.

    Raises Usage (release-elsewhere), Unreadable.
    """
    names = [word.rpartition("/")[2] for word in wanted.split("+")]
    if not all(map(_NAME.fullmatch, names)):
        return None
    known = details.of(target)
    live = details.facts_of(next(row for row in releases if row.status == "live"))
    services = _services(known, live, names)
    client = connect(shell, known.profile, known.region)
    found = client.all(lambda name: copies.define(client, name), names)
    definitions = dict(zip(services, filter(None, found), strict=False))
    if len(definitions) < len(names):  # deleted, or never registered: ECS does not tell
        return None
    sides = {key: _side(definitions.get(key), side) for key, side in live.sides.items()}
    return _release(sides, definitions)


def _services(known: Details, live: Facts, names: Sequence[str]) -> list[str]:
    """Return the service of each task definition: the family tells. Raises Usage."""
    free = [service.name for service in known.services]
    chosen = []
    for name in names:
        alike = [each for each in free if live.sides[each].family == family(name)]
        if not alike:
            running = ", ".join(f"{key}: {side.family}" for key, side in live.sides.items())
            message = f"{name} is of no family that these services run ({running})"
            fix = "name a task definition of that family, or correct ecs: in the settings"
            raise Usage("release-elsewhere", message, fix)
        free.remove(alike[0])
        chosen.append(alike[0])
    return chosen


def _side(definition: Definition | None, live: Side) -> Side:
    if definition is None:
        return live
    arn = str(definition.raw["taskDefinitionArn"])
    state: details.State = "ACTIVE" if definition.status == "ACTIVE" else "INACTIVE"
    return Side(arn, state=state, after=max(live.after, number(arn)))


def _release(sides: dict[str, Side], definitions: dict[str, Definition]) -> Release:
    registered = [row.registered_at for row in definitions.values() if row.registered_at]
    images = {
        f"{service}/{row['name']}": str(row["image"])
        for service, definition in definitions.items()
        for row in definition.raw.get("containerDefinitions", ())
    }
    return Release(
        id="+".join(side.name for side in sides.values()),
        status="unknown",
        made_at=utc(max(registered, default=None)),
        artifacts={name: side.name for name, side in sides.items()},
        guess=True,
        doubt=weak.DOUBT,
        images=images,
        facts=Facts(sides, {sides[name].arn: known for name, known in definitions.items()}),
    )
