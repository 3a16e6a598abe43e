"""Platforms that are recognised only: unsupported.json names the files and the deploy steps that give them away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rollback.detection.files import FileIndex
from rollback.model import Evidence
from rollback.detection.pipelines import scripts, steps, tasks


def unsupported(files: FileIndex) -> Iterator[tuple[str, Evidence]]:
    """Each platform once, by the path that shows it best: its own file before a deploy step."""
    rules: dict[str, dict[str, Any]] = json.loads(
        (Path(__file__).parent / "unsupported.json").read_text()
    )
    for id, rule in rules.items():
        own, deploying = _configured(files, rule), _deployed(files, str(rule.get("step", "")))
        if own:
            yield (
                id,
                Evidence(
                    80, min(own, key=lambda path: (path.count("/"), path)), ("its configuration",)
                ),
            )
        elif deploying:
            yield id, Evidence(70, deploying[0], ("deploy step",))


def _configured(files: FileIndex, rule: dict[str, Any]) -> list[str]:
    """Files of the platform's own. A generator's file that nobody has touched since says nothing."""
    also = _configured(files, rule["also"]) if "also" in rule else []
    untouched = (
        set(files.holding(rule["untouched"], *rule["files"])) if "untouched" in rule else set()
    )
    found = files.holding(rule.get("holds", ""), *rule.get("files", ()))
    return [path for path in found if path not in untouched and "/templates/" not in path] + also


def _deployed(files: FileIndex, step: str) -> list[str]:
    return [*steps(files, step), *scripts(files, step), *tasks(files, step)] if step else []
