"""Commands that show people how the release does from now on."""

from __future__ import annotations

from collections.abc import Iterator

from rollback.model import Target
from rollback.platforms.helm import details


def watch(target: Target) -> Iterator[tuple[str, ...]]:
    known = details.of(target)
    yield ("helm", *known.words("--kube-context"), "status", known.name or target.app)
    yield ("kubectl", *known.words("--context"), "get", "pods", "--watch")
