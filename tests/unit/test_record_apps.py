"""Recording names only the applications that were asked for: a false `good` would decide the next rollback."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from rollback.flow import history, record
from rollback.model import Release, Target
from rollback.records import ledger
from rollback.settings import environment
from rollback.settings.model import Settings

NOW = Release("2", status="live", artifacts={"web": "a", "worker": "b"})


@pytest.mark.parametrize(
    ("apps", "rows"), [((), ["web", "worker"]), (("web",), ["web"]), (("shop",), ["web", "worker"])]
)
def test_only_the_parts_named_are_written_down(
    tmp_path: Path, apps: tuple[str, ...], rows: list[str]
) -> None:
    platform = SimpleNamespace(
        targets=lambda environment, shell: [Target("staging", "p", "shop", "here", False)],
        releases=lambda environment, targets, shell, limit: [[NOW]],
    )
    where = history.Place(environment.resolve(tmp_path, Settings(), "staging"), "p", platform, None)
    record.record(where, apps, "good")
    assert [entry.app for entry in ledger.read(tmp_path, "staging")] == rows
