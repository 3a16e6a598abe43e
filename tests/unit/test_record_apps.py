"""Recording names only the applications that were asked for: a false `good` would decide the next rollback."""

from __future__ import annotations

from pathlib import Path

import pytest
from sites import site, source, target

from rollback.flow import record
from rollback.model import Release
from rollback.records import ledger

NOW = Release("2", status="live", artifacts={"web": "a", "worker": "b"})


@pytest.mark.parametrize(
    ("apps", "rows"), [((), ["web", "worker"]), (("web",), ["web"]), (("shop",), ["web", "worker"])]
)
def test_only_the_parts_named_are_written_down(
    tmp_path: Path, apps: tuple[str, ...], rows: list[str]
) -> None:
    shop = source(
        project=tmp_path,
        targets=lambda environment, shell: [target()],
        releases=lambda environment, targets, shell, limit: [[NOW]],
    )
    record.record(site(shop), apps, "good")
    assert [entry.app for entry in ledger.read(tmp_path, "staging")] == rows
