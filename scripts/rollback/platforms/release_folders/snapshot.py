"""What is about to be changed: link, releases, log and the checksums (never the contents) of the shared configuration, per host."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from rollback.model import Move
from rollback.platforms.release_folders.host import Host, answered, command
from rollback.platforms.release_folders.question import ask
from rollback.shell import Shell

TAIL = 20  # lines of the log
NAMES = (
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
SHARED = (
    'cd -P -- "$1/shared" 2>/dev/null || exit 0; p=$1; shift; s="shasum -a 256"; command -v sha256sum >/dev/null && s=sha256sum; '
    'find . -maxdepth 2 -type f -size -1024 "$@" -exec $s {} +'
)


def snapshot(moves: Sequence[Move], shell: Shell) -> Mapping[str, str]:
    return {
        f"release-folders-{at}.json": json.dumps(_one(move, shell), indent=1)
        for at, move in enumerate(moves, 1)
    }


def _one(move: Move, shell: Shell) -> dict[str, object]:
    facts = move.target.details
    host = ask([facts["host"]], facts["path"], shell)[0]
    return {
        "where": move.target.where,
        "link": host.link,
        "live": host.live,
        "unfinished": host.unfinished,
        "log": host.log,
        "releases": [
            {"name": name, "revision": one.revision, "marks": sorted(one.marks)}
            for name, one in sorted(host.folders.items())
        ],
        "log_tail": host.lines[-TAIL:],
        "shared": _shared(host, shell),
    }


def _shared(host: Host, shell: Shell) -> dict[str, str]:
    """File -> sha256: enough to see later whether the configuration was another one."""
    names = [word for name in NAMES for word in ("-o", "-name", name)][1:]
    answer = shell.ask(command(host.name, SHARED, host.path, "(", *names, ")"))
    rows = [line.split(maxsplit=1) for line in answered(host.name, answer).splitlines()]
    return {row[1].removeprefix("./"): row[0] for row in rows if len(row) == 2}
