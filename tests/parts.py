"""The parts of the test suite: what each runs, needs and shares. `run_parts.py` runs them.

Parts start in this order, as soon as what they need has ended and nothing that runs is in their way.
"""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
LIVE = ROOT / "tests/live"
BEDS = LIVE / "beds"

# How many parts run at once. A bed is built beside them, at low priority: it takes the cores that waiting leaves idle.
SIDE_BY_SIDE = 2

# A network with nothing but loopback: ports, bridges, address ranges and iptables rules of two lanes cannot collide.
PRIVATE_NETWORK = (
    "unshare",
    "--net",
    "--mount",
    "sh",
    "-c",
    'ip link set lo up && exec "$@"',
    "sh",
)
LOW_PRIORITY = ("nice", "-n", "15")


@dataclass(frozen=True)
class Part:
    """`limit` is in seconds. Parts with a common word in `shares` never run at once."""

    name: str
    command: tuple[str, ...]
    limit: int
    needs: tuple[str, ...] = ()
    shares: frozenset[str] = frozenset()
    background: bool = False


@dataclass(frozen=True)
class Lane:
    """A folder of live tests. One that is not in the table is this."""

    limit: int = 900
    needs: tuple[str, ...] = ()
    shares: frozenset[str] = frozenset()
    private: bool = True  # False: it downloads something


# The longest first. What two lanes may not do at once stands in `shares`:
# - the network of this machine: without private networks every lane would start its engine there
# - one of each engine: two Docker engines share nothing but the kernel, so Compose and projects may run at once
LANES = {
    "kubernetes": Lane(2400, ("bed: kubernetes",)),
    "client": Lane(1500, ("bed: client",)),
    "compose": Lane(1500, ("bed: compose",)),
    "projects": Lane(needs=("bed: compose",)),
    "folders": Lane(needs=("bed: ssh",)),
    "demo": Lane(private=False),
}


def parts(required: bool) -> list[Part]:
    """Every part of a run. With `required` all beds are built; without it those that this machine allows."""
    return [*beds(required), *checks(), *lanes()]


def beds(required: bool) -> list[Part]:
    """What is downloaded or built once and kept in the cache folder outside this repository."""
    root = os.geteuid() == 0
    plugins = (
        Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        / "deployment-rollback-beds"
    )
    ssh = "from tests.live.beds import sshd; sshd.sshd()"
    wanted = [
        (
            root and _has("dockerd", "docker"),
            _bed("compose", 300, "compose_plugin.sh", "trixie", f"{plugins}/compose-trixie"),
        ),
        (root, Part("bed: ssh", (sys.executable, "-c", ssh), 300, background=True)),
        (False, _bed("client", 600, "client.sh", "install")),
        # a whole Kubernetes from Go modules: some 12 minutes once, on 2 cores
        (root and _has("go"), _bed("kubernetes", 2400, "kubernetes/bed.sh", "build")),
    ]
    return [part for possible, part in wanted if possible or required]


def checks() -> list[Part]:
    return [
        Part("lint", ("ruff", "check"), 120),
        Part("types", ("mypy",), 300),
        Part("unit and contracts", _pytest("tests/unit"), 900),
    ]


def lanes() -> list[Part]:
    names = {folder.name for folder in LIVE.iterdir() if any(folder.glob("test_*.py"))}
    order = [*(name for name in LANES if name in names), *sorted(names - set(LANES))]
    return [_lane(name, LANES.get(name, Lane())) for name in order]


def _lane(name: str, lane: Lane) -> Part:
    command = _pytest("--durations=5", f"tests/live/{name}")
    if not lane.private:
        return Part(f"live: {name}", command, lane.limit, lane.needs, lane.shares)
    if not networks_can_be_private():
        shares = lane.shares | {"the network of this machine"}
        return Part(f"live: {name}", command, lane.limit, lane.needs, shares)
    return Part(f"live: {name}", (*PRIVATE_NETWORK, *command), lane.limit, lane.needs, lane.shares)


def networks_can_be_private() -> bool:
    return os.geteuid() == 0 and _has("unshare", "ip")


def _bed(name: str, limit: int, script: str, *words: str) -> Part:
    command = (*LOW_PRIORITY, "bash", str(BEDS / script), *words)
    return Part(f"bed: {name}", command, limit, background=True)


def _pytest(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-u", "-m", "pytest", "-rs", *words)


def _has(*programs: str) -> bool:
    return all(shutil.which(program) for program in programs)
