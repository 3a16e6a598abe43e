"""Platforms recognised, not supported: unsupported.json lists their files and deploy steps."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rollback.detection.configuring import configuring
from rollback.detection.files import FileIndex
from rollback.model import Evidence
from rollback.detection.pipelines import mentioned, scripts, steps, tasks

_OF_A_GENERATOR = re.compile(r"(?<!openshift)/templates/")  # OpenShift's own are called so, too


def own_way(id: str) -> str:
    """Return how a platform's people go back by themselves."""
    back = _rules().get(id, {}).get("back")
    return f"roll {id} back by its own command: {back}" if back else f"use {id}'s own rollback"


def _rules() -> dict[str, dict[str, Any]]:
    rules: dict[str, dict[str, Any]] = json.loads(
        (Path(__file__).parent / "unsupported.json").read_text()
    )
    return rules


def unsupported(files: FileIndex) -> Iterator[tuple[str, Evidence]]:
    """Yield each platform once with its best path: its own file before a deploy step."""
    for id, rule in _rules().items():
        configured, deploying = (
            _configured(files, rule),
            _deployed(files, rule),
        )
        if configured:
            yield (
                id,
                Evidence(
                    80,
                    min(configured, key=lambda path: (path.count("/"), path)),
                    ("its configuration",),
                    deploys=bool(deploying),
                ),
            )
        elif deploying:
            yield id, Evidence(70, deploying[0], ("deploy step",), deploys=True)


def _configured(files: FileIndex, rule: dict[str, Any]) -> list[str]:
    """Return the platform's configuration files, without files a generator left untouched."""
    also = _configured(files, rule["also"]) if "also" in rule else []
    untouched = (
        set(files.holding(rule["untouched"], *rule["files"])) if "untouched" in rule else set()
    )
    paths = configuring(files, rule.get("holds", ""), *rule.get("files", ()))
    kept = (path for path in paths if not _OF_A_GENERATOR.search(path))
    return [path for path in kept if path not in untouched] + also


def _deployed(files: FileIndex, rule: dict[str, Any]) -> list[str]:
    """Return what has the platform's step; `words`: one of them is in every such step."""
    step = rule.get("step")
    if not step or not mentioned(files, rule.get("words", [""])):
        return []
    return [*steps(files, step), *scripts(files, step), *tasks(files, step)]
