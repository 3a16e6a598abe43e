"""Where a vendor's client has linked folders of a project: the project's own, and its packages."""

from __future__ import annotations

from pathlib import Path

_FOREIGN = ("node_modules", "vendor", "dist", "build")


def files(project: Path, name: str) -> dict[str, Path]:
    """Return folder -> its file of this name, "." first; packages are web, or apps/web."""
    packages = (path for depth in ("*", "*/*") for path in sorted(project.glob(f"{depth}/{name}")))
    known = [project / name, *(path for path in packages if not _is_foreign(path, project))]
    return {str(path.parents[1].relative_to(project)): path for path in known}


def _is_foreign(path: Path, project: Path) -> bool:
    """Whether it lies in a folder of tools: installed packages, caches, build output."""
    folders = path.parents[1].relative_to(project).parts
    return any(name.startswith(".") or name in _FOREIGN for name in folders)
