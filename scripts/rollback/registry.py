"""Find adapters by looking in their folder; import one only when it is asked for."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Generic, TypeVar, cast

Adapter = TypeVar("Adapter")
_DECLARATION = re.compile(rb"^(?:SETTINGS|OPTIONS)\b", re.MULTILINE)


class Registry(Generic[Adapter]):
    """The adapters of a package. Ids are file (or folder) names with `_` written as `-`.

    Typed at the call: a misspelt member of a `Registry[Platform]` is an error for mypy. That each
    module has the members of its Protocol is a contract test's work.
    """

    def __init__(self, package: str, path: list[str]) -> None:
        self._package = package
        self._folders = [Path(folder) for folder in path]
        # not pkgutil: this runs at every start
        entries = (entry for folder in self._folders for entry in folder.iterdir())
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

    def settings(self, id: str) -> ModuleType:
        """Return the module with an adapter's SETTINGS and OPTIONS; empty without any.

        Of a folder only its settings.py is run, not the package around it: that would be too slow
        for every start. It is the module that a later import of the package finds.
        """
        name = id.replace("-", "_")
        file = self._file(name)
        if file.name == "__init__.py":
            return _alone(f"{self._package}.{name}.settings", file.with_name("settings.py"))
        declares = _DECLARATION.search(file.read_bytes())
        return cast(ModuleType, self[id]) if declares else ModuleType(name)

    def part(self, id: str, part: str) -> ModuleType:
        """Return one file of an adapter's folder, imported without the package around it.

        Of an adapter that is one file, return that.
        """
        name = id.replace("-", "_")
        package, file = f"{self._package}.{name}", self._file(name)
        if file.name != "__init__.py" or package in sys.modules:
            return import_module(f"{package}.{part}" if file.name == "__init__.py" else package)
        placeholder = ModuleType(package)
        placeholder.__path__ = [str(file.parent)]
        sys.modules[package] = placeholder
        try:
            return import_module(f"{package}.{part}")
        finally:
            del sys.modules[package]  # whoever imports the package gets the real one

    def has(self, id: str, part: str) -> bool:
        """Whether an adapter has this part: a file of its folder, or a name in its one file."""
        file = self._file(id.replace("-", "_"))
        if file.name == "__init__.py":
            return file.with_name(f"{part}.py").exists()
        return hasattr(self[id], part)

    def _file(self, name: str) -> Path:
        both = ((folder / f"{name}.py", folder / name / "__init__.py") for folder in self._folders)
        return next(file for files in both for file in files if file.exists())


def _alone(name: str, file: Path) -> ModuleType:
    """Return the module of this file, imported without its package; empty without a file."""
    if name in sys.modules or not file.exists():
        return sys.modules.get(name) or ModuleType(name)
    spec = spec_from_file_location(name, file)
    assert spec and spec.loader, name
    sys.modules[name] = module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
