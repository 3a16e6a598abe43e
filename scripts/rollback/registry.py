"""Find adapters by looking in their folder; import one only when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Generic, TypeVar, cast

Adapter = TypeVar("Adapter")


class Registry(Generic[Adapter]):
    """The adapters of a package. Ids are file (or folder) names with `_` written as `-`.

    Typed at the call: a misspelt member of a `Registry[Platform]` is an error for mypy. That each
    module has the members of its Protocol is a contract test's work.
    """

    def __init__(self, package: str, path: list[str]) -> None:
        self._package = package
        # not pkgutil: this runs at every start
        entries = (entry for folder in path for entry in Path(folder).iterdir())
        self.ids = sorted(
            entry.stem.replace("_", "-")
            for entry in entries
            if not entry.name.startswith(("_", "."))
            and (entry.suffix == ".py" or (entry / "__init__.py").exists())
        )

    def __getitem__(self, id: str) -> Adapter:
        if id not in self.ids:
            kind = self._package.rsplit(".", 1)[-1]
            raise KeyError(f"unknown {kind}: {id}; known: {', '.join(self.ids)}")
        return cast(Adapter, import_module(f"{self._package}.{id.replace('-', '_')}"))

    def __iter__(self) -> Iterator[tuple[str, Adapter]]:
        return ((id, self[id]) for id in self.ids)
