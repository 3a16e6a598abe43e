"""The last word on a list of releases: which files the live one was started from, and which others change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from rollback.model import Release, Target
from rollback.platforms.docker_compose import candidates, drift, sources
from rollback.platforms.docker_compose.containers import Container
from rollback.platforms.docker_compose.yaml_source import Source
from rollback.shell import Shell


def releases(found: Sequence[Release], target: Target, running: Sequence[Container], shell: Shell) -> list[Release]:
    """Releases with the images that run already: the live one takes the files whose hash its containers carry, the others are skipped."""
    today = sources.read(target.details, None, shell)
    same = [one for one in found if one.status != "live" and not one.skip and candidates.same(one, target)]
    remembered = [one.facts["source"] for one in found if (one.status == "live" or one in same) and one.facts.get("source")]
    facts = _facts(target, [today, *remembered], running, shell)
    settled = []
    for one in found:
        if one.status == "live":
            one = replace(one, facts=one.facts | facts)
        elif one in same:
            one = replace(one, skip="same-content", skip_reason="the images that run already")
        settled.append(one)
    return settled


def _facts(target: Target, known: Sequence[Source], running: Sequence[Container], shell: Shell) -> dict[str, Any]:
    """`source`: the files that fit the containers, else today's; `differs`: where none fit, what is different with today's."""
    differs: dict[str, str] = {}
    for source in known:
        found = drift.differences(target, source, running, shell)
        if not found:
            return {"source": source, "today": known[0], "differs": {}}
        differs = differs or found
    return {"source": known[0], "today": known[0], "differs": differs}
