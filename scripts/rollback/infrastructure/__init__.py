"""One file or folder per tool for infrastructure as code; a file in this folder is such a tool."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rollback.errors import Usage
from rollback.registry import Registry

if TYPE_CHECKING:
    from rollback.infrastructure_contracts import Infrastructure

adapters: Registry[Infrastructure] = Registry(__name__, list(__path__))


def tools() -> list[str]:
    """Return the words for `tool` in the settings."""
    return [tool for _, adapter in adapters for tool in adapter.TOOLS]


def of(tool: str | None, folder: Path) -> tuple[str, Infrastructure]:
    """Return the adapter of this tool; without one, that of the files in the folder.

    Raises Usage (infrastructure-directory).
    """
    for id, adapter in adapters:
        files = (path for pattern in adapter.MARKERS for path in folder.glob(pattern))
        if tool in adapter.TOOLS or (tool is None and any(files)):
            return id, adapter
    message = f"{folder} has no files of {' or '.join(each.TITLE for _, each in adapters)}"
    fix = "name their folder: infrastructure: {directory: ...} in the settings"
    raise Usage("infrastructure-directory", message, fix)
