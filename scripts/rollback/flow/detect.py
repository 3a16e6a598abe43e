"""Step 1: what deploys this project, and which tool migrates its database?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

import cache
from rollback import VERSION
from rollback.settings import load as settings
from rollback.detection import memory
from rollback.detection.listing import listed
from rollback.detection.model import Detection, Found
from rollback.errors import Usage
from rollback.detection.unsupported import own_way
from rollback.detection.weighing import described
from rollback.settings import groups
from rollback.model import Evidence
from rollback.text import clean

_ENOUGH = 61  # below it a platform is not picked, only suggested
_CLEARLY = 10  # a platform is picked if its evidence is this much stronger than any other's
_NAME_IT = "name it in .claude/deployment-rollback.yml: environments.<name>.platform"


def run(project: Path, again: bool = False) -> Detection:
    """Return the detection, cached for 24 hours or until a file that it was made from changes.

    Environments in the settings win over those that the files suggest.
    """
    names, store, key = listed(project), cache.platform(project), f"detect {VERSION}"
    known = None if again else store.peek(key)
    age, found = (known.age, _remembered(known.value, project, names)) if known else (0, None)
    if found is None:
        age, (found, stamps) = 0, _look(project, names)
        made = memory.of(project, names, stamps, found)
        store.recall(key, lambda: made, again=True)
    return msgspec.structs.replace(
        found,
        cached_seconds=age,
        environments=_named_in_settings(project) or found.environments,
    )


def _remembered(value: Any, project: Path, names: list[str]) -> Detection | None:
    try:
        known = msgspec.convert(value, memory.Memory)
        return known.detection if memory.holds(known, project, names) else None
    except (msgspec.ValidationError, UnicodeError):
        return None


def best(detection: Detection, platform: str | None = None) -> tuple[str, tuple[Evidence, ...]]:
    """Return the platform to roll back and the evidence for it.

    Raises Usage (no-platform, no-adapter, unsure-platform, several-platforms).
    """
    if platform:
        return platform, _evidence(detection, platform)
    if not detection.platforms:
        fix = own_way(detection.unsupported[0].platform) if detection.unsupported else _NAME_IT
        raise Usage("no-platform", _nothing(detection), fix)
    ready = [row for row in detection.platforms if row.adapter]
    if not ready:
        names = ", ".join(dict.fromkeys(row.platform for row in detection.platforms))
        raise Usage(
            "no-adapter",
            f"this project deploys to {names}, which this version cannot roll back yet",
            "use the platform's own rollback",
        )
    foreign = (
        Found(row.platform, row.path, row.strength, row.reasons, adapter=False)
        for row in detection.unsupported
    )
    near = [
        row
        for row in (*detection.platforms, *foreign)
        if row.strength >= ready[0].strength - _CLEARLY
    ]
    rivals = list(dict.fromkeys(row.platform for row in near))
    if len(rivals) > 1 or ready[0].against:
        raise Usage("several-platforms", _rivals(near, ready[0].against), _NAME_IT)
    if ready[0].strength < _ENOUGH:
        message = f"{described(ready[0])} is the only sign of what deploys this project"
        raise Usage("unsure-platform", message, _NAME_IT)
    return rivals[0], _evidence(detection, rivals[0])


def refusal(detection: Detection, project: Path) -> Usage | None:
    """Return why no history can be read yet; None where the settings or the files tell enough.

    Only what the files show is looked at: no platform is asked.
    """
    known = settings.load(project)
    name = known.default_environment or next(iter(known.environments), None)
    given = known.environments.get(name or "")
    if given and (given.components or given.groups):
        return None
    try:
        platform, _ = best(detection, given.platform if given else None)
    except Usage as error:
        return error
    where = name or next(iter(detection.environments), "production")
    if not (keys := groups.lacking(platform, project, where)):
        return None
    message = f"nothing here tells which {' and '.join(keys)} {platform} has for {where}"
    return Usage("settings-needed", message, f"{platform}: {{{keys[0]}: ...}} in the settings")


def _rivals(near: list[Found], against: tuple[str, ...]) -> str:
    """Return each platform with its best file, and whether this version can roll it back."""
    best_of = {row.platform: row for row in reversed(near)}
    strongest = sorted(best_of.values(), key=lambda row: -row.strength)
    others = [text for text in against if text.partition(" (")[0] not in best_of]
    return f"this project could deploy with {' or '.join([*map(described, strongest), *others])}"


def look(project: Path) -> Detection:
    """Read the files, now."""
    return _look(project, listed(project))[0]


def _look(project: Path, names: list[str]) -> tuple[Detection, dict[str, str]]:
    from rollback.detection.looking import look

    return look(project, names)


def _evidence(detection: Detection, platform: str) -> tuple[Evidence, ...]:
    """Return its evidence; what lies aside only without any other."""
    rows = [row for row in detection.platforms + detection.weak if row.platform == platform]
    kept = [row for row in rows if not row.aside] or rows
    return tuple(Evidence(row.strength, row.path, row.reasons) for row in kept)


def _nothing(detection: Detection) -> str:
    if detection.unsupported:
        names = ", ".join(dict.fromkeys(row.platform for row in detection.unsupported))
        return f"this project deploys to {names}, which is not supported"
    weak = next((row for row in detection.weak if row.adapter), None)
    if weak:
        reasons = "; ".join(weak.reasons)
        return f"cannot tell what deploys this project: {weak.path} is not enough ({reasons})"
    if detection.unread:
        paths = ", ".join(clean(row.path) for row in detection.unread[:3])
        return f"no file shows what deploys this project; not read: {paths}"
    return "no file shows what deploys this project"


def _named_in_settings(project: Path) -> tuple[str, ...]:
    return tuple(settings.load(project).environments)
