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

# How many parts run at once on two cores: most lanes wait for pods, grace periods and probes.
# A bed that is only downloaded is not counted.
SIDE_BY_SIDE = 3

# Loopback and nothing else: ports, bridges, address ranges and iptables rules of two lanes cannot collide.
# Process ids of its own: one that a lane kept and used too late cannot end another lane's process,
# and when the lane ends, so does whatever it started. The shell stays, to reap orphans.
# A /tmp of its own, in memory, unless what it needs lies there: the product syncs what it writes,
# databases and etcd even more, and side by side each sync waits for all that others have written.
PRIVATE = (
    "unshare",
    "--net",
    "--pid",
    "--fork",
    "--kill-child",
    "--mount-proc",
    "sh",
    "-c",
    "case $PWD:${KUBERNETES_BED-} in"
    " /tmp/*|*:/tmp/*) true ;; *) mount -t tmpfs -o mode=1777 lane /tmp ;; esac"
    ' && ip link set lo up && "$@"; exit $?',
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


MARIADB = f"{BED}/mariadb.sh"
POSTGRESQL = f"{BED}/postgresql.sh"
HOSTED = f"{BED}/hosted.sh"
ECS = f"{BED}/ecs.sh"
TOOLS = f"{BED}/migration_tools.sh"
MIGRATION_TOOLS = CACHE / "migration-tools"
OPENTOFU = f"{BED}/opentofu.sh"
SSHD = "from tests.live.beds import sshd; sshd.sshd()"
PLUGIN = f"{CACHE}/compose-trixie"
BEDS = {
    "compose": bed("compose", 300, "bash", f"{BED}/compose_plugin.sh", "trixie", PLUGIN),
    "mariadb": bed("mariadb", 600, "bash", MARIADB, "install"),
    "migration tools": bed("migration tools", 900, "bash", TOOLS, "install", str(MIGRATION_TOOLS)),
    "postgresql": bed("postgresql", 600, "bash", POSTGRESQL, "install"),
    "ssh": bed("ssh", 300, sys.executable, "-c", SSHD),
    "client": bed("client", 600, "bash", f"{BED}/client.sh", "install"),
    "hosted": bed("hosted", 900, "bash", HOSTED, "install"),
    "ecs": bed("ecs", 300, "bash", ECS, "install"),
    "opentofu": bed("opentofu", 1500, "bash", OPENTOFU, "install", background=False),
    # from Go modules, once: 12 minutes of both cores, so it is counted, and first because the longest lane waits for it
    "kubernetes": bed(
        "kubernetes", 2400, "bash", f"{BED}/kubernetes/bed.sh", "build", background=False
    ),
}


@dataclass(frozen=True)
class Lane:
    """A folder or files of live tests. A folder that is not in the table is this."""

    limit: int = 900
    needs: tuple[str, ...] = ()
    shares: frozenset[str] = frozenset()
    private: bool = True  # False: it downloads something


DATABASES = ("bed: postgresql", "bed: mariadb", "bed: migration tools")
KUBERNETES = ("bed: kubernetes", "bed: postgresql", "bed: migration tools")

# The longest first; two folders are two lanes each, so that none is alone at the end.
# `shares` names what two lanes cannot use at once. Nothing today:
# - every lane has a network of its own, so ports, address ranges, bridges and iptables rules do not meet
# - compose, projects and ecs each start a Docker engine, in folders and with address ranges of their own
# - kubernetes and the projects on a cluster each start a control plane and a node, in folders of their own
# - demo downloads packages and needs the network of this machine; it starts one server on a free port
LANES = {
    "kubernetes/test_[!h]*.py": Lane(3600, KUBERNETES),
    "databases/test_[!w]*.py": Lane(3600, DATABASES),
    "databases/test_with_db*.py": Lane(2700, DATABASES),
    "kubernetes/test_helm*.py": Lane(2700, ("bed: kubernetes",)),
    "hosted": Lane(3000, ("bed: hosted", "bed: client")),
    "client": Lane(2400, ("bed: client",)),
    "projects/test_cluster_projects.py": Lane(3000, ("bed: kubernetes",)),
    "compose": Lane(1800, ("bed: compose", "bed: postgresql", "bed: migration tools")),
    "projects/test_projects.py": Lane(1500, ("bed: compose",)),
    "folders": Lane(1500, ("bed: ssh", "bed: migration tools")),
    "ecs": Lane(2700, ("bed: ecs", "bed: client")),
    "infrastructure": Lane(1500, ("bed: opentofu", "bed: ecs")),
    "journey": Lane(
        900, ("bed: compose", "bed: opentofu", "bed: postgresql", "bed: migration tools")
    ),
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
        "mariadb": root and _has("apt-get"),
        "migration tools": root and _has("apt-get", "npm"),
        "postgresql": root and _has("apt-get"),
        "ssh": root,
        "client": False,
        "hosted": _has("npm"),
        "ecs": root and _has("dockerd", "docker"),
        "opentofu": _has("go"),
        "kubernetes": root and _has("go"),
    }
    return [BEDS[name] for name, possible in wanted.items() if possible or required]


def checks() -> list[Part]:
    return [
        Part("lint", ("ruff", "check"), 120),
        Part("format", ("ruff", "format", "--check"), 120),
        Part("types", ("mypy",), 300),
        Part("unit and contracts", _pytest("tests/unit"), 1800),
    ]


def lanes() -> list[Part]:
    listed = {name.partition("/")[0] for name in LANES}
    names = {folder.name for folder in LIVE.iterdir() if any(folder.glob("test_*.py"))}
    order = [*(name for name in LANES if any(LIVE.glob(name))), *sorted(names - listed)]
    return [_lane(name, LANES.get(name, Lane())) for name in order]


def _lane(name: str, lane: Lane) -> Part:
    files = sorted(str(file.relative_to(ROOT)) for file in LIVE.glob(name))
    command = _pytest("--durations=5", *files)
    if not lane.private:
        return Part(f"live: {name}", command, lane.limit, lane.needs, lane.shares)
    if not lanes_can_be_private():
        shares = lane.shares | {"the network of this machine"}
        return Part(f"live: {name}", command, lane.limit, lane.needs, shares)
    return Part(f"live: {name}", (*PRIVATE, *command), lane.limit, lane.needs, lane.shares)


@functools.cache
def lanes_can_be_private() -> bool:
    """A container may forbid it even to root."""
    if not _has("unshare", "ip"):
        return False
    return subprocess.run((*PRIVATE, "true"), capture_output=True).returncode == 0


def _pytest(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "pytest", "-rfEs", *words)


def _has(*programs: str) -> bool:
    return all(shutil.which(program) for program in programs)
