"""Migration modules: their names and their up()."""

from __future__ import annotations

from collections.abc import Mapping

from rollback.migrations._files import Script
from rollback.migrations._modules import modules
from rollback.migrations.sequelize.methods import operations


def read(files: Mapping[str, str]) -> list[Script]:
    """Return the modules in the order of their names; the id is the whole file name."""
    return modules(files, operations)
