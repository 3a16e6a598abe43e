"""AWS CloudFormation: a stack goes back to the template that a commit has, through a change set."""

from __future__ import annotations

from rollback.infrastructure.cloudformation.changes import kept
from rollback.infrastructure.cloudformation.planning import plan
from rollback.infrastructure.cloudformation.steps import guards, step

TITLE = "AWS CloudFormation"
TOOLS = ("cloudformation",)
MARKERS = ()  # a template has any name: the settings name the tool

__all__ = ["MARKERS", "TITLE", "TOOLS", "guards", "kept", "plan", "step"]
