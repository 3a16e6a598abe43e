"""A program in the folder of the release that is left: on the first host, as a deploy migrates."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import join

from msgspec.structs import replace

from rollback.model import Command, Inside, Move
from rollback.platforms.release_folders import details, host
from rollback.script import functions
from rollback.shell import Shell

_FUNCTION = "in_release"


def inside(move: Move, folder: str, argv: Sequence[str], shell: Shell) -> list[Inside]:
    at = details.host_of(move)
    release = f"{at.path}/releases/{move.current.id}"
    words = (_FUNCTION, release, folder or ".", *argv)
    script = Command(("remote", at.name, *words) if at.name else words)
    line = functions.typed_in_release(f"{release}/{folder}" if folder else release, argv)
    typed = join(("ssh", at.name, line)) if at.name else f"({line})"
    read = host.command(at.name, functions.as_script(_FUNCTION), *words[1:], timeout=60)
    location = f"{at.name}:{release}" if at.name else release
    return [Inside(replace(script, by_hand=typed), read, location, wraps=True)]
