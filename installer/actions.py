"""Install, upgrade, repair, uninstall: everything is checked before any change."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from installer import packages, tree
from installer.stop import Stop

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = ROOT / "requirements.txt"


def version() -> str:
    text = (ROOT / "scripts" / "rollback" / "__init__.py").read_text(encoding="utf-8")
    return re.findall(r'^VERSION = "(.*)"$', text, re.M)[0]  # type: ignore[no-any-return]


def default_dest() -> Path:
    """Return the default folder: an installed copy repairs itself, a clone uses the client's."""
    return (
        ROOT if tree.installed(ROOT) else Path.home() / ".claude" / "skills" / "deployment-rollback"
    )


def install(dest: Path, wheelhouse: Path | None) -> list[str]:
    """Install the skill in `dest` and return what was done, a line each."""
    dest = dest.resolve()
    if dest == ROOT:
        how = unpack_here(wheelhouse)
        prove(dest)
        return [f"{dest}: runs in place", *_done(how)]
    if ROOT in dest.parents:
        raise Stop(
            2,
            f"{dest} lies inside the folder that is being installed",
            "choose another folder with --dest DIR",
        )
    tree.ours_or_free(dest)
    before = tree.installed(dest)
    with tree.beside(dest) as draft:
        new = draft / "new"
        tree.copy(ROOT, new, version())
        how = _packages(dest, new, wheelhouse)
        prove(new)
        packages.compile_all(new / "scripts", new / "cache")
        tree.keep_foreign(dest, new)
        tree.swap(new, dest, draft / "old")
    make_state_folder()
    was = f", was {before[0]}" if before else ""
    return [f"deployment-rollback {version()} is installed in {dest}{was}", *_done(how)]


def make_state_folder() -> None:
    """Make what the client's sandbox can open for writing only if it exists."""
    base = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    with contextlib.suppress(OSError):
        (Path(base) / "deployment-rollback").mkdir(mode=0o700, parents=True, exist_ok=True)


def unpack_here(wheelhouse: Path | None = None) -> str:
    """Unpack packages for a folder that is used in place: a clone or a plain copy."""
    deps = packages.folder(ROOT)
    return (
        "already there"
        if packages.fresh(deps, REQUIREMENTS)
        else f"unpacked by {packages.unpack(REQUIREMENTS, deps, wheelhouse)}"
    )


def _packages(dest: Path, new: Path, wheelhouse: Path | None) -> str:
    """Reuse the packages of the installed version or the clone if they fit, else get new ones.

    Packages for other Pythons stay while they fit.
    """
    for known in [*dest.glob(".deps/[0-9]*"), packages.folder(ROOT)]:
        place = new / ".deps" / known.name
        if not place.exists() and packages.made_from(known, REQUIREMENTS):
            shutil.copytree(known, place, symlinks=True)
    deps = packages.folder(new)
    return (
        "already there"
        if packages.fresh(deps, REQUIREMENTS)
        else f"unpacked by {packages.unpack(REQUIREMENTS, deps, wheelhouse)}"
    )


def prove(skill: Path) -> None:
    """Run one script as a user would, in an empty project. Raises Stop with its output."""
    with tempfile.TemporaryDirectory() as project:
        words = [
            sys.executable,
            "-B",
            str(skill / "scripts" / "detect.py"),
            "--json",
            "--project",
            project,
        ]
        done = subprocess.run(
            words,
            cwd=project,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
        )
    if done.returncode:
        output = " ".join((done.stderr or done.stdout).split())[:300]
        raise Stop(
            69,
            f"the scripts do not run here: {output}",
            "report it with this line; nothing was installed",
        )


def uninstall(dest: Path) -> list[str]:
    real = dest.resolve()
    if not real.exists():
        return [f"nothing is installed in {dest}"]
    remaining = tree.remove(real)
    if dest.is_symlink() and not real.exists():
        dest.unlink()
    kept = [f"  kept, install.sh did not put it there: {path}" for path in remaining]
    return [
        f"deployment-rollback is removed from {dest}; "
        "settings, ledger and audit of your projects are untouched",
        *kept,
    ]


def _done(how: str) -> list[str]:
    return [f"  packages for Python {packages.version()}: {how}", "  proven: scripts/detect.py ran"]
