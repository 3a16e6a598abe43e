"""Find adapters by looking in their folder; import one only when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType


class Registry:
    """The adapters of a package. Ids are file (or folder) names with `_` written as `-`."""

    def __init__(self, package: str, path: list[str]) -> None:
        self._package = package
        # not pkgutil: this runs at every start
        found = (
            entry
            for folder in path
            for entry in Path(folder).iterdir()
            if not entry.name.startswith(("_", "."))
        )
        self.ids = sorted(
            entry.stem.replace("_", "-")
            for entry in found
            if entry.suffix == ".py" or (entry / "__init__.py").exists()
        )

    def __getitem__(self, id: str) -> ModuleType:
        if id not in self.ids:
            raise KeyError(
                f"unknown {self._package.rsplit('.', 1)[-1]}: {id}; known: {', '.join(self.ids)}"
            )
        return import_module(f"{self._package}.{id.replace('-', '_')}")

    def __iter__(self) -> Iterator[tuple[str, ModuleType]]:
        return ((id, self[id]) for id in self.ids)
