"""Change sets of changelogs, in the order in which Liquibase runs them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from rollback.migrations._files import Script, by_number
from rollback.migrations.liquibase import changes, formats
from rollback.migrations.liquibase.formats import Changelog, ChangeSet, Include
from rollback.migrations.liquibase.rollbacks import Change
from rollback.verdicts import operations as to
from rollback.verdicts.operations import Operation

_FORMATS = (".xml", ".yaml", ".yml", ".json", ".sql")


def read(files: Mapping[str, str]) -> list[Script]:
    """Return a script for each change set; the id is "<id>::<author>"."""
    return Folder(files).scripts()


class Folder:
    """The files, the changelogs among them, and which of those were read already."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = files
        self.logs: dict[str, Changelog] = {}
        self.broken: list[str] = []
        self.seen: set[str] = set()
        for path, text in files.items():
            try:
                log = formats.read(path, text) if path.endswith(_FORMATS) else None
            except (ValueError, RecursionError):
                self.broken.append(path)
                continue
            if log:
                self.logs[path] = log
        self.properties = {
            name: value for log in self.logs.values() for name, value in log.properties.items()
        }

    def scripts(self) -> list[Script]:
        """Return those of the roots first, with what they include in its place."""
        included = {
            path
            for place, log in self.logs.items()
            for part in log.parts
            if isinstance(part, Include)
            for path in self._included(place, part)
        }
        scripts: list[Script] = []
        for path in _in_order(set(self.logs) - included) + _in_order(set(self.logs) & included):
            scripts += self._of(path)
        unread = [*self.broken, *(path for path in self.files if path.endswith(".groovy"))]
        opaque = (to.Opaque("a changelog that cannot be read"),)
        return [*scripts, *by_number(Script(path, path, opaque) for path in unread)]

    def sets(self) -> Iterator[tuple[str, ChangeSet]]:
        """Yield every change set with its file."""
        for path, log in self.logs.items():
            yield from ((path, part) for part in log.parts if isinstance(part, ChangeSet))

    def operations(self, path: str, change: Change) -> list[Operation]:
        return list(changes.operations(change, self.properties, self._text(path, change)))

    def _of(self, path: str) -> Iterator[Script]:
        if path in self.seen:
            return
        self.seen.add(path)
        if path not in self.logs:  # SQL without Liquibase's comments
            yield Script("raw::includeAll", path, (to.Sql(self.files[path]),))
            return
        for part in self.logs[path].parts:
            if isinstance(part, Include):
                for other in self._included(path, part):
                    yield from self._of(other)
            else:
                yield Script(f"{part.id}::{part.author}", path, tuple(self._run(path, part)))

    def _run(self, path: str, part: ChangeSet) -> Iterator[Operation]:
        if part.problem:
            yield to.Opaque(f"change set {part.id}: {part.problem}")
        for change in part.changes:
            yield from self.operations(path, change)

    def _text(self, path: str, change: Change) -> str | None:
        """Return the file that a change names."""
        name = str(change.values.get("path", ""))
        found = self._named(path, name, str(change.values.get("relativeToChangelogFile", "")))
        return self.files[found[0]] if found else None

    def _included(self, place: str, part: Include) -> list[str]:
        if not part.is_folder:
            return self._named(place, part.path, str(part.is_relative))
        folder = _below(place, part.path) if part.is_relative else part.path.removeprefix("/")
        found = [
            path
            for path in self.files
            if path.endswith((*_FORMATS, ".groovy"))
            and f"/{posixpath.dirname(path)}/".endswith(f"/{folder.strip('/')}/")
        ]
        return sorted(found)

    def _named(self, place: str, name: str, is_relative: str) -> list[str]:
        """Return the file of this name: beside the changelog, or below some root of the sources."""
        if is_relative.lower() == "true":
            path = _below(place, name)
            return [path] if path in self.files else []
        end = "/" + re.sub(r"^(?:classpath:|/|\./)+", "", name)
        return [path for path in self.files if f"/{path}".endswith(end)][:1] if name else []


def _below(place: str, name: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(place), name))


def _in_order(paths: set[str]) -> list[str]:
    return [script.path for script in by_number(Script(path, path, ()) for path in paths)]
