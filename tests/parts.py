"""The parts of the test suite: what each runs, needs and shares. `run_parts.py` runs them.

Parts start in this order, as soon as what they need has ended and nothing that runs is in their way.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
LIVE = ROOT / "tests/live"
BED = LIVE / "beds"
CACHE = (
    Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "deployment-rollback-beds"
)

# How many parts run at once. A bed that is only downloaded is not counted.
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


@dataclass(frozen=True)
class Part:
    """`limit` is in seconds. Parts with a common word in `shares` never run at once."""

    name: str
    command: tuple[str, ...]
    limit: int
    needs: tuple[str, ...] = ()
    shares: frozenset[str] = frozenset()
    background: bool = False


def bed(name: str, limit: int, *words: str, background: bool = True) -> Part:
    return Part(f"bed: {name}", words, limit, background=background)


SSHD = "from tests.live.beds import sshd; sshd.sshd()"
PLUGIN = f"{CACHE}/compose-trixie"
BEDS = {
    "compose": bed("compose", 300, "bash", f"{BED}/compose_plugin.sh", "trixie", PLUGIN),
    "ssh": bed("ssh", 300, sys.executable, "-c", SSHD),
    "client": bed("client", 600, "bash", f"{BED}/client.sh", "install"),
    # from Go modules, once: 12 minutes of both cores, so it is counted, and first because the longest lane waits for it
    "kubernetes": bed(
        "kubernetes", 2400, "bash", f"{BED}/kubernetes/bed.sh", "build", background=False
    ),
}


@dataclass(frozen=True)
class Lane:
    """A folder of live tests. One that is not in the table is this."""

    limit: int = 900
    needs: tuple[str, ...] = ()
    shares: frozenset[str] = frozenset()
    private: bool = True  # False: it downloads something


# The longest first. `shares` names what two lanes cannot use at once. Nothing today:
# - every lane has a network of its own, so ports, address ranges, bridges and iptables rules do not meet
# - compose and projects each start a Docker engine, in folders and with address ranges of their own
# - there is one Kubernetes node, of one lane; a second lane with one would have to share "kubernetes"
# - demo downloads packages and needs the network of this machine; it starts one server on a free port
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
    wanted = {
        "compose": root and _has("dockerd", "docker"),
        "ssh": root,
        "client": False,
        "kubernetes": root and _has("go"),
    }
    return [BEDS[name] for name, possible in wanted.items() if possible or required]


def checks() -> list[Part]:
    return [
        Part("lint", ("ruff", "check"), 120),
        Part("types", ("mypy",), 300),
        Part("unit and contracts", _pytest("tests/unit"), 1200),
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


@functools.cache
def networks_can_be_private() -> bool:
    """A container may forbid it even to root."""
    if not _has("unshare", "ip"):
        return False
    return subprocess.run((*PRIVATE_NETWORK, "true"), capture_output=True).returncode == 0


def _pytest(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "pytest", "-rs", *words)


def _has(*programs: str) -> bool:
    return all(shutil.which(program) for program in programs)
