"""Platforms that are recognised only: unsupported.json names the files and the deploy steps that give them away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from rollback.files import FileIndex
from rollback.model import Evidence
from rollback.pipelines import scripts, steps, tasks


def unsupported(files: FileIndex) -> Iterator[tuple[str, Evidence]]:
    """Each platform once, by the path that shows it best: its own file before a deploy step."""
    rules: dict[str, dict[str, str | list[str]]] = json.loads((Path(__file__).parent / "unsupported.json").read_text())
    for id, rule in rules.items():
        own = [path for path in files.holding(str(rule.get("holds", "")), *rule.get("files", ())) if "/templates/" not in path]
        step = str(rule.get("step", ""))
        deploying = [*steps(files, step), *scripts(files, step), *tasks(files, step)] if step else []
        if own:
            yield id, Evidence(80, min(own, key=lambda path: (path.count("/"), path)), ("its configuration",))
        elif deploying:
            yield id, Evidence(70, deploying[0], ("deploy step",))
