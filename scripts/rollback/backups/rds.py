"""Amazon RDS and Aurora: snapshots, and restore to a point in time where it is kept.

Source: the RDS API reference, DescribeDBSnapshots and DescribeDBClusterSnapshots. A copied snapshot
has the time of its copy in SnapshotCreateTime; a snapshot of a deleted instance keeps its name, so
that the resource id decides which instance it is of.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct, field

from rollback.aws import client as aws
from rollback.aws.client import Client, typed
from rollback.backups import Newest, since
from rollback.errors import Unreadable
from rollback.shell import Shell
from rollback.text import clean

_ID = r"[A-Za-z](?:-?[A-Za-z0-9]){0,62}"
NAME = re.compile(
    rf"(?:arn:aws[a-z-]*:rds:(?P<region>[a-z0-9-]+):(?P<account>\d{{12}}):(?P<kind>db|cluster):)?(?P<id>{_ID})"
)
NAMED = "the name or ARN of an RDS instance or cluster"
_TAKEN_BY_AWS_BACKUP = "awsbackup"  # not among those that are listed without a type
_FIX = "correct backup: {rds: ID} in the settings, or use another account or region"


class _Kept(Struct, frozen=True):
    """An instance or a cluster; `cluster` is the cluster that an instance belongs to."""

    instance: str = field(name="DbiResourceId", default="")
    whole: str = field(name="DbClusterResourceId", default="")
    cluster: str = field(name="DBClusterIdentifier", default="")
    restorable: datetime | None = field(name="LatestRestorableTime", default=None)


class _Snapshot(Struct, frozen=True):
    name: str = field(name="DBSnapshotIdentifier", default="")
    of_cluster: str = field(name="DBClusterSnapshotIdentifier", default="")
    instance: str = field(name="DbiResourceId", default="")
    whole: str = field(name="DbClusterResourceId", default="")
    status: str = field(name="Status", default="")
    percent: int = field(name="PercentProgress", default=0)
    made: datetime | None = field(name="SnapshotCreateTime", default=None)
    first_made: datetime | None = field(name="OriginalSnapshotCreateTime", default=None)

    @property
    def at(self) -> datetime | None:
        return self.first_made or self.made


def newest(name: str, near: Mapping[str, Any], shell: Shell) -> Newest:
    match = NAME.fullmatch(name)
    assert match, name
    region = match["region"] or near.get("region")
    reader = aws.connect(shell, near.get("profile"), region)
    if match["account"]:
        _require_account(reader, match["account"])
    kept = None if match["kind"] == "cluster" else _instance(reader, match["id"])
    if kept and not kept.cluster:
        snapshots = _snapshots(reader, kept)
        return _newest(match["id"], kept, snapshots)
    id = kept.cluster if kept else match["id"]
    kept = _cluster(reader, id)
    if kept is None:
        message = f"no RDS instance or cluster is named {id} in {reader.region}"
        raise Unreadable("not-found", f"AWS: {message} ({reader.account()})", _FIX)
    return _newest(id, kept, _cluster_snapshots(reader, kept))


def _require_account(reader: Client, account: str) -> None:
    """Raises Unreadable (not-found): these credentials see another account's databases."""
    own = str(reader.ask("sts", "get_caller_identity").get("Account", ""))
    if own != account:
        message = f"AWS: {reader.label} is of account {own}, not {account} as in the ARN"
        raise Unreadable("not-found", message, _FIX)


def _newest(id: str, kept: _Kept, snapshots: Sequence[_Snapshot]) -> Newest:
    finished = [row for row in snapshots if row.status == "available"]
    times = [(at, f"snapshot {row.name or row.of_cluster}") for row in finished if (at := row.at)]
    if kept.restorable:
        times.append((kept.restorable, "restore to a point in time"))
    if times:
        at, label = max(times)
        return Newest(f"{clean(label, 160)} of {id}, {at:%Y-%m-%d %H:%M} UTC", since(at))
    others = ", ".join(_state(row) for row in snapshots[:3])
    reason = f"no snapshot of {id} is finished: {others}" if others else f"{id} has no snapshot"
    return Newest(missing=f"{reason}, and it cannot be restored to a point in time")


def _state(row: _Snapshot) -> str:
    done = f", {row.percent} %" if row.status == "creating" else ""
    return f"{clean(row.name or row.of_cluster, 80)} ({clean(row.status, 40)}{done})"


# ---- requests -----------------------------------------------------------------------------


def _instance(reader: Client, id: str) -> _Kept | None:
    rows = _named(reader, "describe_db_instances", "DBInstances", DBInstanceIdentifier=id)
    return rows[0] if rows else None


def _cluster(reader: Client, id: str) -> _Kept | None:
    rows = _named(reader, "describe_db_clusters", "DBClusters", DBClusterIdentifier=id)
    return rows[0] if rows else None


def _named(reader: Client, operation: str, key: str, **asked: str) -> list[_Kept]:
    try:
        return typed(reader.pages("rds", operation, key, **asked), list[_Kept], f"rds {operation}")
    except Unreadable as error:
        if error.code != "not-found":
            raise
        return []


def _snapshots(reader: Client, kept: _Kept) -> list[_Snapshot]:
    def read(asked: dict[str, str]) -> list[Any]:
        return reader.pages("rds", "describe_db_snapshots", "DBSnapshots", **asked)

    rows = _both_kinds(reader, read, {"DbiResourceId": kept.instance})
    return [row for row in rows if row.instance == kept.instance]


def _cluster_snapshots(reader: Client, kept: _Kept) -> list[_Snapshot]:
    def read(asked: dict[str, str]) -> list[Any]:
        return reader.pages("rds", "describe_db_cluster_snapshots", "DBClusterSnapshots", **asked)

    rows = _both_kinds(reader, read, {"DbClusterResourceId": kept.whole})
    return [row for row in rows if row.whole == kept.whole]


def _both_kinds(reader: Client, read: Any, asked: dict[str, str]) -> list[_Snapshot]:
    """Return snapshots of RDS itself and of AWS Backup."""
    every = reader.all(read, [asked, {**asked, "SnapshotType": _TAKEN_BY_AWS_BACKUP}])
    return typed([row for rows in every for row in rows], list[_Snapshot], "rds snapshots")
