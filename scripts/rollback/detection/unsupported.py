"""Platforms recognised, not supported: unsupported.json lists their files and deploy steps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rollback.detection.files import FileIndex
from rollback.model import Evidence
from rollback.detection.pipelines import scripts, steps, tasks


def unsupported(files: FileIndex) -> Iterator[tuple[str, Evidence]]:
    """Yield each platform once with its best path: its own file before a deploy step."""
    rules: dict[str, dict[str, Any]] = json.loads(
        (Path(__file__).parent / "unsupported.json").read_text()
    )
    for id, rule in rules.items():
        configured, deploying = (
            _configured(files, rule),
            _deployed(files, str(rule.get("step", ""))),
        )
        if configured:
            yield (
                id,
                Evidence(
                    80,
                    min(configured, key=lambda path: (path.count("/"), path)),
                    ("its configuration",),
                ),
            )
        elif deploying:
            yield id, Evidence(70, deploying[0], ("deploy step",))


def _configured(files: FileIndex, rule: dict[str, Any]) -> list[str]:
    """Return the platform's configuration files, without files a generator left untouched."""
    also = _configured(files, rule["also"]) if "also" in rule else []
    untouched = (
        set(files.holding(rule["untouched"], *rule["files"])) if "untouched" in rule else set()
    )
    paths = files.holding(rule.get("holds", ""), *rule.get("files", ()))
    return [path for path in paths if path not in untouched and "/templates/" not in path] + also


def _deployed(files: FileIndex, step: str) -> list[str]:
    return [*steps(files, step), *scripts(files, step), *tasks(files, step)] if step else []
