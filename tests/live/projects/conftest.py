"""Beds are started once, for the first project that needs them; the times stand at the end of the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.live.projects.case import Case
from tests.live.projects.project import TIMES, Project


@pytest.fixture(scope="session")
def beds() -> Iterator[Callable[[str], Any]]:
    """Platform -> what its bed's `started()` gave; two platforms may have one bed."""
    running: dict[Any, Any] = {}
    with ExitStack() as stack:

        def bed(platform: str) -> Any:
            start = _module(platform).started
            if start not in running:
                running[start] = stack.enter_context(start())
            return running[start]

        yield bed


@pytest.fixture
def project(
    request: pytest.FixtureRequest, beds: Callable[[str], Any], tmp_path: Path
) -> Iterator[Project]:
    """The project of a folder, with its three releases deployed."""
    platform = Case.load(request.param).platform
    made = _module(platform).project(request.param, tmp_path, beds(platform))
    try:
        made.deploy_all()
        yield made
    finally:
        made.remove()


def _module(platform: str) -> Any:
    return import_module(f"tests.live.projects.{platform.replace('-', '_')}_bed")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if TIMES:
        terminalreporter.section("plan and execute, beside what a person would type")
    for name, ours, plain in TIMES:
        terminalreporter.write_line(f"{name:32} {ours:5.1f} s {plain:5.1f} s {ours / plain:5.1f} x")
