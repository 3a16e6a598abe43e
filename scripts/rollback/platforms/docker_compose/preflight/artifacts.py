"""Are the images of both releases still on this engine?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.model import Finding, Move
from rollback.platforms.docker_compose.engine import images
from rollback.shell import Shell

_PULL = (
    "pull or rebuild it (docker pull REPOSITORY@DIGEST, if a registry still has it), "
    "or name another release"
)


def findings(moves: Sequence[Move], shell: Shell) -> Iterator[Finding]:
    both = (artifact for move in moves for artifact in (move.to.artifact, move.current.artifact))
    gone = images.missing(shell, (artifact for artifact in both if artifact))
    for move in moves:
        service = move.target.app
        reported = move.to.skip == "artifact-gone"  # by the choice of the release
        if move.to.artifact in gone and not reported:
            message = f"{service}: image {move.to.artifact} of {move.to.id} is not on this engine"
            yield Finding("blocker", "artifact-gone", message, _PULL)
        if move.current.artifact in gone:
            message = f"{service}: the image that runs now was removed, so a restore would fail"
            fix = "tag or pull that image again first"
            yield Finding("blocker", "no-way-back", message, fix)
