"""A whole application with its database goes back while people use it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Server
from journey_app import APP, RESTART, SUPERVISOR, Traffic
from native_site import TOOLS as BED
from native_site import NativeSite
from native_tools import TOOLS

ALEMBIC = next(tool for tool in TOOLS if tool.name == "alembic")


class Journey(NativeSite):
    def next_release(self, version: str, days: float, *columns: str, broken: bool = False) -> None:
        self.put("columns.json", json.dumps(columns))
        self.release(version, days, *ALEMBIC.migrate, broken=broken)

    def migration(self, number: int, kind: str) -> None:
        self.put(*ALEMBIC.migration(number, kind))


@pytest.fixture
def site(server: Server, tmp_path: Path) -> Iterator[Journey]:
    """v1.1 is good and reads `legacy`."""
    if not (BED / "python/bin/alembic").exists():
        pytest.skip("needs tests/live/beds/migration_tools.sh install")
    server.create("shop")
    made = Journey(
        tmp_path, server.url("shop"), lambda text: server.sql(f"SET ROLE shop; {text}", "shop")
    )
    own = {"app.py": APP, "supervisor.py": SUPERVISOR, "restart": RESTART}
    for path, text in {**ALEMBIC.files, **own}.items():
        made.put(path, text)
    made.migration(1, "orders")
    made.next_release("v1.0", 20, "id", "legacy", "note")
    made.next_release("v1.1", 9, "id", "legacy", "note")
    made.configure(tool="alembic")
    yield made
    made.stop()


@pytest.mark.parametrize(
    ("kind", "columns", "order"),
    [
        ("channel", ("id", "legacy", "note", "channel"), "after-app"),
        ("legacy", ("id", "note"), "before-app"),
    ],
)
def test_nobody_notices_that_the_application_goes_back_with_its_schema(site, kind, columns, order):
    """Each release runs on the schema of its time, so the order decides whether a request fails."""
    site.migration(2, kind)
    site.next_release("v1.2", 2, *columns, broken=True)
    site.serve()
    plan = site.plan("--with-db", "--accept-loss")
    assert plan["databases"][0]["order"] == order
    with Traffic(f"http://127.0.0.1:{site.port}/orders") as there:
        done = site.execute(plan)
    assert (done["outcome"], there.versions()) == ("done", {"v1.1", "v1.2"}), done
    assert there.failures == {}
    with Traffic(f"http://127.0.0.1:{site.port}/orders") as back:
        restored = site.restore(plan, check=None)
    assert (restored["outcome"], back.versions()) == ("restored", {"v1.1", "v1.2"}), restored
    assert back.failures == {}
    assert site.sql("SELECT count(*) FROM orders") == str(
        sum((there.answers + back.answers).values())
    )
