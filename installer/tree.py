"""The installed folder: its content, how it is swapped in whole, how it is removed."""

from __future__ import annotations

import glob
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from installer.stop import Stop

RUNS = (
    ".claude-plugin",
    "LICENSE",
    "README.md",
    "SKILL.md",
    "cache",
    "install.sh",
    "installer",
    "references",
    "requirements.txt",
    "scripts",
    "settings.example.yml",
    "settings.schema.json",
    "templates",
)
MANIFEST = ".installed"  # the version, then one installed file per line
LEAVE_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", ".*.sw?", "*~", ".DS_Store")


def copy(root: Path, new: Path, version: str) -> None:
    """Copy what runs from `root` into the new folder `new`, with a list of it."""
    new.mkdir()
    for name in RUNS:
        source = root / name
        shutil.copytree(source, new / name, ignore=LEAVE_OUT) if source.is_dir() else shutil.copy2(
            source, new / name
        )
    files = sorted(path.relative_to(new).as_posix() for path in new.rglob("*") if path.is_file())
    (new / MANIFEST).write_text("\n".join([version, *files]) + "\n", encoding="utf-8")


def installed(dest: Path) -> tuple[str, list[Path]] | None:
    """Return version and files of an installed folder; None if install.sh did not make it.

    Raises Stop when the list leads outside.
    """
    with suppress(OSError, UnicodeDecodeError):
        version, *files = (dest / MANIFEST).read_text(encoding="utf-8").splitlines() or [""]
        if any(
            PurePosixPath(file).is_absolute() or ".." in PurePosixPath(file).parts for file in files
        ):
            raise Stop(
                2, f"{dest / MANIFEST} names files outside that folder", "remove the folder by hand"
            )
        return version, [dest / file for file in files]
    return None


def ours_or_free(dest: Path) -> None:
    """Check that nothing foreign is in the way and that we may write. Raises Stop."""
    if dest.exists() and not installed(dest) and not (dest.is_dir() and not any(dest.iterdir())):
        raise Stop(
            2,
            f"{dest} holds something that install.sh did not put there",
            "move it away, or choose another folder with --dest DIR",
        )


@contextmanager
def beside(dest: Path) -> Iterator[Path]:
    """Yield a scratch folder on dest's file system.

    It is removed afterwards, with the empty parents made for it.
    """
    made = [parent for parent in dest.parents if not parent.exists()]
    draft = None
    try:
        dest.parent.mkdir(parents=True, exist_ok=True)
        _after_a_kill(dest)
        draft = Path(tempfile.mkdtemp(prefix=_prefix(dest), dir=dest.parent))
        yield draft
    except OSError as error:
        why = (
            error.args[0][0][2] if isinstance(error, shutil.Error) else error.strerror
        )  # shutil.Error: a list of (from, to, why)
        raise Stop(
            2,
            f"cannot write to {error.filename or dest.parent}: {why}",
            "choose another folder with --dest DIR",
        ) from None
    finally:
        if draft:
            shutil.rmtree(draft, ignore_errors=True)
        for parent in made:
            with suppress(OSError):
                parent.rmdir()


def _prefix(dest: Path) -> str:
    return f".{dest.name[:100]}.install-"


def _after_a_kill(dest: Path) -> None:
    """Clean up after a killed install.

    An old folder that was moved away last goes back; scratch folders go after an hour, longer
    than any install takes.
    """
    for scratch in dest.parent.glob(glob.escape(_prefix(dest)) + "*"):
        if not dest.exists() and installed(scratch / "old"):
            (scratch / "old").rename(dest)
        if time.time() - scratch.stat().st_mtime > 3600:
            shutil.rmtree(scratch, ignore_errors=True)


def keep_foreign(dest: Path, new: Path) -> None:
    """Move files that somebody added to the installed folder into the new one."""
    _, files = installed(dest) or ("", [])
    known = {*files, dest / MANIFEST}
    for path in _files(dest):
        place = new / path.relative_to(dest)
        if path not in known and not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, place, follow_symlinks=False)


def swap(new: Path, dest: Path, old: Path) -> None:
    """Swap by two renames: a starting script sees the old or the new folder, never a mixture."""
    if dest.exists():
        dest.rename(old)
    try:
        new.rename(dest)
    except OSError:
        if old.exists():
            old.rename(dest)
        raise


def remove(dest: Path) -> list[Path]:
    """Remove what was installed and return what is left.

    Raises Stop when install.sh did not make the folder.
    """
    manifest = installed(dest)
    if not manifest:
        raise Stop(2, f"{dest} was not made by install.sh", "remove it by hand")
    shutil.rmtree(dest / ".deps", ignore_errors=True)
    for path in [*manifest[1], dest / MANIFEST]:
        path.unlink(missing_ok=True)
    for cached in list(dest.rglob("__pycache__")):
        shutil.rmtree(cached)
    for directory in sorted(
        (path for path in dest.rglob("*") if path.is_dir() and not path.is_symlink()), reverse=True
    ):
        with suppress(OSError):
            directory.rmdir()
    remaining = _files(dest)
    if not remaining:
        dest.rmdir()
    return remaining


def _files(folder: Path) -> list[Path]:
    """Return everything in the folder but packages and compiled files."""
    every = (path for path in folder.rglob("*") if path.is_symlink() or path.is_file())
    return sorted(
        path
        for path in every
        if path.relative_to(folder).parts[0] != ".deps" and "__pycache__" not in path.parts
    )
