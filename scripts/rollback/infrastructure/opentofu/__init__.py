"""OpenTofu and Terraform: one adapter, since both read each other's state, but not their plans."""

from __future__ import annotations

from rollback.infrastructure.opentofu.planning import plan
from rollback.infrastructure.opentofu.providers import kept
from rollback.infrastructure.opentofu.steps import guards, step

TITLE = "OpenTofu or Terraform"
TOOLS = ("opentofu", "terraform")
MARKERS = ("*.tf", "*.tofu", "*.tf.json")

__all__ = ["MARKERS", "TITLE", "TOOLS", "guards", "kept", "plan", "step"]
