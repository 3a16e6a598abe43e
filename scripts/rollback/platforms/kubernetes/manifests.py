"""The workloads in the project's own manifests: a shared namespace is not rolled back whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from rollback.settings.environment import Environment

_KIND = re.compile(
    r"^kind:\s*[\"']?(Deployment|StatefulSet|DaemonSet)[\"']?\s*(?:#.*)?$", re.MULTILINE
)
_NAME = re.compile(
    r"^metadata:\s*\n(?:[ \t]+\S.*\n|\s*\n)*?"
    r"[ \t]+name:\s*[\"']?([a-z0-9][a-z0-9.-]*)[\"']?\s*(?:#.*)?$",
    re.MULTILINE,
)
_INLINE = re.compile(r"^metadata:\s*\{.*?\bname:\s*[\"']?([a-z0-9][a-z0-9.-]*)", re.MULTILINE)
_MOST = 400  # files; a folder of more is generated


def names_in(environment: Environment) -> set[str]:
    """Return `kind/name` of every workload in the folders that detection found.

    It reads them as text: templates need not be valid YAML.
    """
    return {key for file in _files(environment) for key in _keys(file)}


def _files(environment: Environment) -> Iterator[Path]:
    for evidence in environment.evidence:
        path = environment.project / evidence.path
        folder = path if path.is_dir() else path.parent
        files = folder.glob("*.y*ml") if folder == environment.project else folder.rglob("*.y*ml")
        yield from sorted(file for file in files if file.is_file())[:_MOST]


def _keys(file: Path) -> Iterator[str]:
    for document in re.split(r"^---.*$", file.read_text(errors="replace"), flags=re.MULTILINE):
        kind, name = _KIND.search(document), _NAME.search(document) or _INLINE.search(document)
        if kind and name:
            yield f"{kind[1].lower()}/{name[1]}"
