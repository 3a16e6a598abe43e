"""Django reverses its own migrations on the host that has the release, over a real sshd."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.beds import sshd

sys.path.insert(0, str(Path(__file__).parents[1] / "databases"))

from database_site import sqlite_runner
from django_shop import CHANNEL, LEGACY, MIGRATE, ORDERS, Shop
from native_site import TOOLS


@pytest.fixture
def site(tmp_path: Path, beds: sshd.Beds) -> Iterator[Shop]:
    if not (TOOLS / "python/bin/django-admin").exists():
        pytest.skip("needs tests/live/beds/migration_tools.sh install")
    file = tmp_path / "shop.db"
    sqlite3.connect(file).close()
    places = (beds.files["web1"] / "shop", beds.path / "shop")
    made = Shop(tmp_path, f"sqlite:{file}", sqlite_runner(file), *places)
    made.environment["PATH"] = f"{beds.bin}:{made.environment['PATH']}"
    made.project_files()
    made.migration("0001_initial", ORDERS)
    made.release("v1.0", 20, *MIGRATE)
    made.release("v1.1", 9)
    made.sql("INSERT INTO shop_order (legacy, note) VALUES ('a', ''); SELECT 1")
    made.migration("0002_channel", CHANNEL, "shop.0001_initial")
    made.migration("0003_legacy", LEGACY, "shop.0002_channel")
    made.release("v1.2", 2, *MIGRATE)
    run = ["env", f"SHOP_URL=sqlite:{file}", f"HOME={tmp_path}/it's $(touch pwned) `x`"]
    made.settings(("web1",), health=False, database={"url": "SHOP_URL", "run": run})
    yield made


def test_it_goes_back_and_forward_again_on_the_host(site, tmp_path):
    plan = site.plan("--with-db")
    done = site.execute(plan, check=11)
    assert done["outcome"] == "done", done
    assert site.applied() == ["0001_initial"]
    script = (Path(plan["run"]) / "rollback.sh").read_text()
    assert "remote web1 in_release" in script
    assert site.restore(plan, check=11)["outcome"] == "restored"
    assert site.applied() == ["0001_initial", "0002_channel", "0003_legacy"]
    assert not list(tmp_path.rglob("pwned"))
