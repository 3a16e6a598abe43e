"""Backups that RDS and Heroku Postgres keep: which counts, and a clear error for what cannot be read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from test_hosted_api import Server, Thread

from rollback.aws import failures
from rollback.aws.client import Client
from rollback.backups import heroku, rds
from rollback.errors import RollbackError, Unreadable
from rollback.flow import backups as flow
from rollback.settings.model import BackupSettings, DatabaseSettings
from rollback.shell import Shell
from tests.aws_model import check

NOW = datetime.now(timezone.utc)
HERE = Shell(Path("/"))


def ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


def is_old(seconds: float, hours: float) -> bool:
    """Whether an age is these hours, and what has passed since the tests were collected."""
    passed = (datetime.now(timezone.utc) - NOW).total_seconds()
    return abs(seconds - passed - hours * 3600) < 60


# ---- RDS --------------------------------------------------------------------------------------


class Account(Client):
    """An account in memory; the vendor's own service model checks requests and answers."""

    def __init__(self, **facts: Any) -> None:
        self.profile, self.region, self._pool = None, "eu-central-1", None
        self.facts = facts

    def ask(self, service: str, operation: str, /, **asked: Any) -> dict[str, Any]:
        if service == "sts":
            return {"Account": "111122223333"}
        call = f"{service} {operation}"
        name = "".join("DB" if word == "db" else word.title() for word in operation.split("_"))
        check(service, name, asked, "input_shape")
        if code := self.facts.get("refused", {}).get(operation):
            raise failures.refused({"Error": {"Code": code}}, "profile default", call)
        answer: dict[str, Any] = getattr(self, operation)(asked)
        if "Error" in answer:
            raise failures.refused(answer, "profile default", call)
        check(service, name, answer, "output_shape")
        return answer

    def describe_db_instances(self, asked: Any) -> Any:
        row = self.facts.get("instances", {}).get(asked["DBInstanceIdentifier"])
        return {"DBInstances": [row]} if row else {"Error": {"Code": "DBInstanceNotFound"}}

    def describe_db_clusters(self, asked: Any) -> Any:
        row = self.facts.get("clusters", {}).get(asked["DBClusterIdentifier"])
        return {"DBClusters": [row]} if row else {"Error": {"Code": "DBClusterNotFoundFault"}}

    def describe_db_snapshots(self, asked: Any) -> Any:
        return self._page("DBSnapshots", asked)

    def describe_db_cluster_snapshots(self, asked: Any) -> Any:
        return self._page("DBClusterSnapshots", asked)

    def _page(self, key: str, asked: Any) -> Any:
        """Return a snapshot a page, as a long list has it."""
        kind = asked.get("SnapshotType", "automated")
        rows = [row for row in self.facts.get("snapshots", ()) if row["SnapshotType"] == kind]
        at = int(asked.get("Marker", 0))
        following = {"Marker": str(at + 1)} if at + 1 < len(rows) else {}
        return {key: rows[at : at + 1], **following}


def snapshot(name: str, hours: float, status: str = "available", **more: Any) -> dict[str, Any]:
    row = {
        "DBSnapshotIdentifier": name,
        "DbiResourceId": "db-A",
        "Status": status,
        "SnapshotType": "automated",
        "SnapshotCreateTime": ago(hours),
    }
    return row | more


SHOP = {"shop": {"DbiResourceId": "db-A"}}


def newest(monkeypatch: pytest.MonkeyPatch, name: str = "shop", **facts: Any) -> Any:
    asked: list[Any] = []

    def connect(shell: Shell, *place: Any) -> Account:
        asked.append(place)
        return Account(**facts)

    monkeypatch.setattr(rds.aws, "connect", connect)
    near = {"profile": "production", "region": "eu-west-1"}
    found = rds.newest(name, near, HERE)
    return found, asked[0]


@pytest.mark.parametrize(
    ("snapshots", "name", "hours"),
    [
        ([snapshot("a", 30), snapshot("b", 6), snapshot("c", 1, "creating")], "b", 6),
        ([snapshot("a", 30), snapshot("gone", 2, DbiResourceId="db-OLD")], "a", 30),
        ([snapshot("copy", 1, OriginalSnapshotCreateTime=ago(90)), snapshot("b", 40)], "b", 40),
        ([snapshot("a", 30), snapshot("vault", 5, SnapshotType="awsbackup")], "vault", 5),
    ],
    ids=["the newest finished", "of an earlier instance", "a copy is as old as its original", "Backup"],
)  # fmt: skip
def test_the_newest_finished_snapshot_of_this_instance_counts(monkeypatch, snapshots, name, hours):
    found, place = newest(monkeypatch, instances=SHOP, snapshots=snapshots)
    assert f"snapshot {name} of shop" in found.name
    assert is_old(found.age, hours)
    assert place == ("production", "eu-west-1")


def test_a_restore_to_a_point_in_time_counts(monkeypatch):
    instance = {"shop": {"DbiResourceId": "db-A", "LatestRestorableTime": ago(0.05)}}
    found, _ = newest(monkeypatch, instances=instance, snapshots=[snapshot("a", 20)])
    assert found.name.startswith("restore to a point in time of shop")
    assert is_old(found.age, 0.05)


@pytest.mark.parametrize("name", ["shop-1", "orders", "arn:aws:rds:us-east-1:111122223333:cluster:orders"])  # fmt: skip
def test_an_instance_of_a_cluster_has_the_snapshots_of_the_cluster(monkeypatch, name):
    row = {
        "DBClusterSnapshotIdentifier": "c",
        "DbClusterResourceId": "cluster-A",
        "Status": "available",
        "SnapshotType": "automated",
        "SnapshotCreateTime": ago(3),
    }
    found, place = newest(
        monkeypatch,
        name,
        instances={"shop-1": {"DbiResourceId": "db-A", "DBClusterIdentifier": "orders"}},
        clusters={"orders": {"DbClusterResourceId": "cluster-A"}},
        snapshots=[row, row | {"DbClusterResourceId": "cluster-OLD", "SnapshotCreateTime": NOW}],
    )
    assert "snapshot c of orders" in found.name and found.age > 10000
    assert place[1] == ("us-east-1" if name.startswith("arn") else "eu-west-1")


def test_without_a_finished_snapshot_the_reason_is_named(monkeypatch):
    facts = {"instances": SHOP}
    assert "shop has no snapshot" in newest(monkeypatch, **facts)[0].missing
    making = snapshot("first", 0.1, "creating", PercentProgress=40)
    reason = newest(monkeypatch, **facts, snapshots=[making])[0].missing
    assert "no snapshot of shop is finished: first (creating, 40 %)" in reason


@pytest.mark.parametrize(
    ("operation", "refusal", "code", "text"),
    [
        ("describe_db_snapshots", "AccessDenied", "access-denied", "rds:DescribeDBSnapshots"),
        ("describe_db_instances", "ExpiredToken", "login-expired", "log in again"),
        ("describe_db_instances", "Throttling", "throttled", "wait a minute"),
        ("", "", "not-found", "no RDS instance or cluster is named shop in eu-central-1"),
    ],
)
def test_what_keeps_rds_from_being_read_is_named(monkeypatch, operation, refusal, code, text):
    facts = {"refused": {operation: refusal}, "instances": SHOP} if operation else {}
    with pytest.raises(Unreadable) as caught:
        newest(monkeypatch, **facts)
    assert caught.value.code == code
    assert text in f"{caught.value.message} {caught.value.fix}"


# ---- Heroku Postgres --------------------------------------------------------------------------


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    made = Server()
    Thread(target=made.http.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.setenv("HEROKU_API_KEY", "HRKU-not-a-real-token")
    monkeypatch.setenv("HEROKU_DATA_HOST", made.url.removeprefix("http://"))
    yield made
    made.http.shutdown()
    made.http.server_close()


def transfer(number: int, hours: float, **more: Any) -> dict[str, Any]:
    when = f"{ago(hours):%Y-%m-%d %H:%M:%S} +0000"
    row = {
        "num": number,
        "from_type": "pg_dump",
        "to_type": "gof3r",
        "from_name": "DATABASE",
        "created_at": when,
        "started_at": when,
        "finished_at": when,
        "succeeded": True,
        "canceled_at": None,
        "deleted_at": None,
    }
    return row | more


def answered(server: Server, status: int, body: Any) -> None:
    content = json.dumps(body).encode()

    def answer(handler: Any) -> None:
        server.path = handler.path  # type: ignore[attr-defined]
        handler.send_response(status)
        handler.send_header("content-length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    server.answer = answer


RUNNING = {"finished_at": None, "succeeded": False}
COPY = {"to_type": "pg_restore"}


@pytest.mark.network
@pytest.mark.parametrize(
    ("name", "rows", "label", "hours"),
    [
        ("shop", [transfer(1, 30), transfer(2, 8, schedule={"uuid": "x"})], "backup a002 of shop", 8),
        ("shop", [transfer(1, 30), transfer(2, 1, **RUNNING), transfer(3, 2, **COPY)], "b001", 30),
        ("shop", [transfer(1, 9), transfer(2, 1, deleted_at="2026-01-01T00:00:00Z")], "b001", 9),
        ("shop::red", [transfer(1, 9), transfer(2, 1, from_name="HEROKU_POSTGRESQL_RED")], "b002", 1),
        ("shop", [transfer(3, 5, created_at=f"{ago(6):%Y-%m-%dT%H:%M:%SZ}", started_at=None)], "b003", 6),
    ],
    ids=["newest", "running, copied", "deleted", "of a database", "never started by the clock"],
)  # fmt: skip
def test_the_newest_finished_backup_of_the_app_counts(server, name, rows, label, hours):
    answered(server, 200, rows)
    found = heroku.newest(name, {}, HERE)
    assert label in found.name and is_old(found.age, hours)
    assert server.path == "/client/v11/apps/shop/transfers"
    (asked,) = server.headers
    assert asked["Authorization"] == "Bearer HRKU-not-a-real-token"


@pytest.mark.network
def test_without_a_finished_backup_the_reason_of_the_app_is_named(server):
    answered(server, 200, [])
    assert heroku.newest("shop", {}, HERE).missing == "shop has no backup"
    failed = transfer(4, 1, succeeded=False)
    answered(server, 200, [failed, transfer(5, 1, **RUNNING)])
    reason = heroku.newest("shop", {}, HERE).missing
    assert reason == "no backup of shop is finished: b004 (failed), b005 (running)"


@pytest.mark.network
@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (404, {"id": "not_found", "message": "Not found"}, "not-found"),
        (403, {"id": "forbidden", "message": "You do not have access"}, "forbidden"),
        (401, {"id": "unauthorized"}, "login-refused"),
        (200, {"a": "page"}, "bad-answer"),
        (200, [transfer(1, 5), transfer(2, 1, from_name="RED")], "which-database"),
    ],
)
def test_what_keeps_heroku_from_being_read_is_named(server, status, body, code):
    answered(server, status, body)
    with pytest.raises(RollbackError) as caught:
        heroku.newest("shop", {}, HERE)
    assert caught.value.code == code and caught.value.fix
    assert "HRKU" not in caught.value.message + caught.value.fix


@pytest.mark.parametrize("host", ["evil.example", "heroku.com.evil.example", "heroku.com/x", ""])
def test_the_token_goes_to_hosts_of_heroku_only(monkeypatch, host):
    monkeypatch.setenv("HEROKU_DATA_HOST", host)
    monkeypatch.delenv("HEROKU_POSTGRESQL_HOST", raising=False)
    if not host:
        assert heroku._base() == "https://api.data.heroku.com"
        return
    with pytest.raises(RollbackError) as caught:
        heroku._base()
    assert caught.value.code == "bad-endpoint"


# ---- in a plan --------------------------------------------------------------------------------


def reading(answer: Any, monkeypatch: pytest.MonkeyPatch) -> flow.Reading:
    def look(*_: Any) -> Any:
        if isinstance(answer, RollbackError):
            raise answer
        return answer

    monkeypatch.setattr(flow, "_newest", look)

    class Source:
        class environment:
            group = None

    settings = DatabaseSettings(backup=BackupSettings(service="rds", name="shop"))
    return flow.Reading(settings, Source(), Path("/"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answer", "code", "text"),
    [
        (flow.Newest("snapshot a", 3600), "", ""),
        (flow.Newest("snapshot a", 90000), "backup-old", "25 h old, more than 24h: snapshot a"),
        (flow.Newest("snapshot a", -90000), "no-backup", "is in the future: snapshot a"),
        (flow.Newest(missing="shop has no snapshot"), "no-backup", "shop has no snapshot"),
        (Unreadable("access-denied", "AWS: no", "allow it"), "access-denied", "cannot be read: AWS: no"),
    ],
)  # fmt: skip
def test_a_plan_says_what_is_wrong_with_the_backups(monkeypatch, answer, code, text):
    rows = list(flow.findings([reading(answer, monkeypatch)], [], True))
    assert [row.code for row in rows] == ([code] if code else [])
    assert text in str(rows) and all(row.level == "warning" and row.fix for row in rows)


def test_an_answer_that_never_comes_is_not_waited_for(monkeypatch):
    from threading import Event

    never = Event()
    monkeypatch.setattr(flow, "SECONDS", 0.1)
    monkeypatch.setattr(flow, "_newest", lambda *_: never.wait())

    class Source:
        class environment:
            group = None

    settings = DatabaseSettings(backup=BackupSettings(service="rds", name="shop"))
    (row,) = flow.findings([flow.Reading(settings, Source(), Path("/"))], [], False)  # type: ignore[arg-type]
    never.set()
    assert (row.code, row.level) == ("timed-out", "warning")
