"""A site in release folders whose releases describe infrastructure: real OpenTofu, or Terraform, with a small real provider."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.infrastructure.tofu_site import BED, TofuSite


@pytest.fixture
def site(tmp_path: Path) -> Iterator[TofuSite]:
    """v1.0.0, v1.1.0 and the live v1.2.0; each changes what its application file holds."""
    made = TofuSite(tmp_path)
    made.release("v1.0.0", 20)
    made.release("v1.1.0", 9)
    made.link(made.release("v1.2.0", 2, more=made.file("extra", "v1.2.0")))
    made.settings(health=False, infrastructure={"directory": "infra"})
    yield made


@pytest.fixture(autouse=True)
def bed() -> None:
    if not (BED / "tofu").exists():
        pytest.skip("tofu is not built: tests/live/beds/opentofu.sh install")
