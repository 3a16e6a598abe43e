"""Commands that show people how the workloads do from now on."""

from __future__ import annotations

from collections.abc import Iterator

from rollback.model import Target
from rollback.platforms.kubernetes import details


def watch(target: Target) -> Iterator[tuple[str, ...]]:
    known = details.of(target)
    kubectl = ("kubectl", *known.words("--context"))
    yield (*kubectl, "get", "pods", "--watch")
    for key in known.parts.values() or (known.key,):
        yield (*kubectl, "logs", key, "--all-containers", "--since", "10m", "--follow")
