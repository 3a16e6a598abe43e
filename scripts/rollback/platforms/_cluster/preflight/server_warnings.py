"""What the server accepts with a warning: PodSecurity in its warn mode, deprecated fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from rollback.model import Finding
from rollback.text import clean

POD_SECURITY = "pod-security"
_PREFIX = "Warning: "
_FEW = 3


def of(stderr: str) -> tuple[str, ...]:
    """Return the warnings that kubectl printed."""
    lines = (line for line in stderr.splitlines() if line.startswith(_PREFIX))
    return tuple(dict.fromkeys(line.removeprefix(_PREFIX) for line in lines))


def findings(key: str, warnings: Iterable[str]) -> Iterator[Finding]:
    for text in [*warnings][:_FEW]:
        code = POD_SECURITY if "PodSecurity" in text else "server-warning"
        yield Finding("note", code, f"{key}: the cluster warns: {clean(text, 400)}")


def of_workloads(findings: Iterable[Finding], untested: bool) -> Iterator[Finding]:
    """Weigh what a dry run of workloads brought: accepted pods say the same about PodSecurity.

    Where a pod is untested, or refused before it came to that, it may be enforced.
    """
    for finding in findings:
        if finding.code != POD_SECURITY:
            yield finding
        elif untested:
            yield replace(finding, level="warning")
