"""Record what is about to change: link, releases, log, and checksums of shared files.

The contents of the shared configuration are never copied.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from rollback.model import Move
from rollback.platforms.release_folders import details
from rollback.platforms.release_folders.host import Host, command, output
from rollback.platforms.release_folders.inspection import inspect
from rollback.shell import Shell

LOG_TAIL = 20  # lines
CONFIGURATION = (
    ".env*",
    "*.env",
    "*.yml",
    "*.yaml",
    "*.json",
    "*.toml",
    "*.ini",
    "*.php",
    "*.conf",
    "*.key",
)
CHECKSUMS = (
    'cd -P -- "$1/shared" 2>/dev/null || exit 0; p=$1; shift; s="shasum -a 256"; '
    "command -v sha256sum >/dev/null && s=sha256sum; "
    'find . -maxdepth 2 -type f -size -1024 "$@" -exec $s {} +'
)


def snapshot(moves: Sequence[Move], shell: Shell) -> Mapping[str, bytes]:
    """Return one file per move, named by its id without the component."""
    return {f"{move.id.partition('.')[2]}.json": _file(move, shell) for move in moves}


def _file(move: Move, shell: Shell) -> bytes:
    seen = details.host_of(move)
    (host,) = inspect([seen.name], seen.path, shell)
    content = {
        "where": move.target.where,
        "link": host.link,
        "live": host.live,
        "unfinished": host.deploying,
        "log": host.log,
        "releases": [
            {"name": name, "revision": folder.revision, "marks": sorted(folder.marks)}
            for name, folder in sorted(host.folders.items())
        ],
        "log_tail": host.log_lines[-LOG_TAIL:],
        "shared": _checksums(host, shell),
    }
    return json.dumps(content, indent=1).encode()


def _checksums(host: Host, shell: Shell) -> dict[str, str]:
    """Return file -> sha256: enough to see whether the configuration has changed."""
    names = [word for name in CONFIGURATION for word in ("-o", "-name", name)][1:]
    answer = shell.ask(command(host.name, CHECKSUMS, host.path, "(", *names, ")"))
    rows = [line.split(maxsplit=1) for line in output(host.name, answer).splitlines()]
    return {row[1].removeprefix("./"): row[0] for row in rows if len(row) == 2}
