"""Kubernetes and Helm share `_cluster`, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PLATFORMS = Path(__file__).parents[2] / "scripts" / "rollback" / "platforms"


def imports(folder: str) -> set[str]:
    """The platforms that the files of this folder import from."""
    text = "\n".join(file.read_text() for file in (PLATFORMS / folder).rglob("*.py"))
    dotted = re.findall(r"(?:from|import) rollback\.platforms\.(\w+)", text)
    named = re.findall(r"from rollback\.platforms import ([\w, ]+)", text)
    return {*dotted, *(name for names in named for name in names.split(", "))}


@pytest.mark.parametrize("folder", ["kubernetes", "helm"])
def test_an_adapter_imports_only_its_own_files_and_the_shared_ones(folder: str) -> None:
    assert imports(folder) <= {folder, "_cluster", "_config", "_details"}


def test_what_is_shared_knows_no_adapter() -> None:
    assert imports("_cluster") == {"_cluster"}
