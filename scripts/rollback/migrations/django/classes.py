"""Migration classes: their order, and the operations that they list."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from rollback.errors import Computed
from rollback.migrations._files import Script, by_name, in_order
from rollback.migrations._python import Names, assigned, computed, literal, parsed, resolved
from rollback.migrations.django.models import Application
from rollback.migrations.django.operations import operations
from rollback.verdicts import operations as to
from rollback.verdicts.operations import Operation


class File:
    """One migration; `names` are the assignments of its module and then of its class.

    `app` is the application's label: the name of its folder, unless its own files call it otherwise
    (`AppConfig.label`).
    """

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.app = path.split("/")[-3] if path.count("/") > 1 else ""
        module = parsed(text)
        self.broken = module is None
        self.names: Names = dict(assigned(module.body)) if module else {}
        classes = [item for item in module.body if isinstance(item, ast.ClassDef)] if module else []
        body = next((item.body for item in classes if item.name == "Migration"), None)
        self.is_migration = self.broken or body is not None
        self.own: Names = dict(assigned(body or []))

    @property
    def id(self) -> str:
        return self._full(by_name(self.path) or self.path)

    def ids(self, name: str) -> list[str]:
        """Return the migrations of this application that `dependencies` or `replaces` lists."""
        return [self._full(id) for app, id in self.pairs(name) if app == self.app]

    def pairs(self, name: str) -> list[tuple[str, str]]:
        """Return (label, name) of what `dependencies` or `replaces` lists."""
        node = self.own.get(name)
        items = node.elts if isinstance(node, ast.List | ast.Tuple) else []
        pairs = []
        for item in items:
            try:
                pairs.append(literal(item, self.names))
            except Computed:  # migrations.swappable_dependency(...)
                continue
        return [(str(pair[0]), str(pair[1])) for pair in pairs if isinstance(pair, list)]

    def _full(self, name: str) -> str:
        """Return an id as Django writes it: "shop.0001_initial"."""
        return f"{self.app}.{name}" if self.app else name

    def listed(self) -> list[ast.expr]:
        """Return the calls in `operations`. Raises Computed."""
        listed = self.own.get("operations")
        node = resolved(listed, self.names) if listed is not None else ast.List([])
        if not isinstance(node, ast.List | ast.Tuple):
            raise computed(node)
        return list(node.elts)

    def operations(self, app: Application) -> Iterator[Operation]:
        if self.broken:
            yield to.Opaque("a file that does not parse")
            return
        try:
            listed = self.listed()
        except Computed as error:
            yield to.Opaque(error.what)
            return
        for item in listed:
            yield from operations(item, self.names, app)


def read(files: Mapping[str, str]) -> list[Script]:
    """Return the migrations of an application's folder, each after those it depends on."""
    ordered = migrations(files)
    left_out = replaced(ordered)
    apps: dict[str, Application] = {}
    scripts = []
    for file in ordered:
        app = apps.setdefault(file.app, Application(file.app))
        done = [] if file.id in left_out else list(file.operations(app))
        scripts.append(Script(file.id, file.path, tuple(done)))
    return scripts


def migrations(files: Mapping[str, str]) -> list[File]:
    """Return the files that are migrations, each after those it depends on."""
    found = [File(path, text) for path, text in files.items() if path.endswith(".py")]
    listed = {file.path: file for file in found if file.is_migration}
    _name_apps(list(listed.values()))
    before = {file.id: file.ids("dependencies") for file in listed.values()}
    unread = [Script(file.id, path, ()) for path, file in listed.items()]
    return [listed[script.path] for script in in_order(unread, before)]


def _name_apps(files: Sequence[File]) -> None:
    """Name each application as its own migrations do: all but the first follow one of its own."""
    folders: dict[str, list[File]] = {}
    for file in files:
        folders.setdefault(file.path.rpartition("/")[0], []).append(file)
    for inside in folders.values():
        names = {by_name(file.path) for file in inside}
        labels = [_followed(file, names) for file in inside if "initial" not in file.own]
        labels = [each for each in labels if each]
        common = set.intersection(*labels) if labels else set()
        if len(common) == 1 and inside[0].app not in common:
            (label,) = common
            for file in inside:
                file.app = label


def _followed(file: File, names: set[str | None]) -> set[str]:
    """Return the labels under which it follows a migration that is called as one of its folder."""
    others = names - {by_name(file.path)}
    return {app for app, name in file.pairs("dependencies") if name in others}


def replaced(files: Sequence[File]) -> set[str]:
    """Return what does not run: a squashed migration whose parts are there, else those parts."""
    ids = {file.id for file in files}
    left_out: set[str] = set()
    for file in files:
        if replaces := set(file.ids("replaces")):
            left_out |= {file.id} if replaces <= ids else replaces
    return left_out
