"""Commands that show people what the hosts serve from now on."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from rollback.model import Target
from rollback.platforms.release_folders import details


def watch(target: Target) -> Iterator[tuple[str, ...]]:
    for host in details.of(target).hosts:
        command = ("readlink", f"{host.path}/current")
        yield ("ssh", host.name, shlex.join(command)) if host.name else command
