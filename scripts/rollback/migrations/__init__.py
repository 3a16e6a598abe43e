"""One file per migration tool; a file in this folder is a tool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback.registry import Registry

if TYPE_CHECKING:
    from rollback.database_contracts import MigrationTool

migrations: Registry[MigrationTool] = Registry(__name__, list(__path__))
