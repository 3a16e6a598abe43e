"""Live lanes meet the real thing. What a machine lacks skips a test with its reason; with CI=true it fails, but for those marked `optional`."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

REQUIRED = os.environ.get("CI") == "true"


def _refuse(report: pytest.TestReport | pytest.CollectReport) -> None:
    """A skipped lane is no proof, and a green run that proved nothing would hide it."""
    if (
        REQUIRED
        and report.skipped
        and not hasattr(report, "wasxfail")
        and "optional" not in report.keywords
    ):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"a live test may not be skipped here (CI=true): {reason}"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    outcome = yield
    _refuse(outcome.get_result())  # type: ignore[attr-defined]


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    outcome = yield
    _refuse(outcome.get_result())  # type: ignore[attr-defined]
