"""Commands that show people how the site does from now on."""

from __future__ import annotations

import json
from collections.abc import Iterator

from rollback.model import Target
from rollback.platforms.netlify import details


def watch(target: Target) -> Iterator[tuple[str, ...]]:
    known = details.of(target)
    yield ("netlify", "api", "getSite", "--data", json.dumps({"site_id": known.id}))
