"""The Helm adapter on what a real cluster and both Helms answered: history, choice, findings, change, proof and health."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from helm_recorded import CASES_FILE, Read, environment
from helm_records import named
from kubernetes_recorded import Recorded, lines

from rollback.model import Line
from rollback.platforms import helm

CASES: list[dict[str, Any]] = json.loads(CASES_FILE.read_text())


@pytest.fixture(params=CASES, ids=[case["case"] for case in CASES])
def case(request: pytest.FixtureRequest) -> dict[str, Any]:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def read(case: dict[str, Any], tmp_path: Path) -> Read:
    return Read(Recorded(tmp_path, case), environment(case["namespace"]))


def stored(case: dict[str, Any]) -> dict[int, dict[str, Any]]:
    """Revision -> what Helm keeps of it, decoded here once more."""
    (secrets,) = (
        json.loads(out)["items"]
        for asked, _, out, _ in case["answers"]
        if asked.endswith("/secrets")
    )
    unpacked = (
        gzip.decompress(base64.b64decode(base64.b64decode(one["data"]["release"])))
        for one in secrets
    )
    return {one["version"]: one for one in map(json.loads, unpacked)}


def test_recorded_history_choice_and_findings(case: dict[str, Any], read: Read) -> None:
    assert lines(read.releases) == case["releases"]
    assert read.moves[0].to.id == case["to"]
    assert (
        sorted({finding.code for finding in helm.preflight(read.moves, read.shell)})
        == case["findings"]
    )
    assert [step.id for step in helm.steps(read.moves)] == case["steps"]
    assert [lock.id for lock in helm.locks(read.moves)] == ["app.lease"]


def test_guards_compare_cluster_helm_status_and_manifest_hash(
    case: dict[str, Any], read: Read
) -> None:
    cluster, version, live = helm.guards(read.moves)
    uid = read.target.where.partition("/")[0]
    assert cluster.lines == (Line(uid, uid),)
    assert version.lines[0].source.startswith("v3" if "helm3" in case["case"] else "v4")

    def printed(number: int, status: str) -> str:
        text = read.target.details.salt + stored(case)[number]["manifest"].rstrip("\n")
        return f"{status} {hashlib.sha256(text.encode()).hexdigest()[:32]}"

    newest = max(stored(case))
    source = printed(newest, stored(case)[newest]["info"]["status"])
    assert live.lines == (Line(source, printed(int(case["to"]), "deployed"), "app.shop"),)


def test_pod_templates_are_hashed_as_kubectl_prints_them(case: dict[str, Any], read: Read) -> None:
    options = named(helm.guards(read.moves)[2].command)
    read_by_the_guard = (options.get("workloads", ""), options.get("templates", ""))
    lists = [
        json.loads(out)["items"]
        for asked, _, out, _ in case["answers"]
        if asked.endswith("/deployments")
    ]
    rows = [
        (
            one["metadata"]["name"],
            json.dumps(one["spec"]["template"], sort_keys=True, separators=(",", ":")),
        )
        for found in lists
        for one in found
    ]
    text = "\n".join(f"{case['namespace']}/Deployment/{name} {template}" for name, template in rows)
    names = [f"{case['namespace']}/deployment.apps/{name}" for name, _ in rows for _ in range(2)]
    hashed = hashlib.sha256(f"{read.target.details.salt}{text}".encode()).hexdigest()[:32]
    assert read_by_the_guard == ((" ".join(names), hashed) if names else ("", ""))


def test_snapshot_holds_both_revisions(case: dict[str, Any], read: Read) -> None:
    files = helm.snapshot(read.moves, read.shell)
    numbers = {
        name: json.loads(text)["revision"] for name, text in files.items() if name.endswith(".json")
    }
    assert numbers == {"shop.current.json": max(stored(case)), "shop.target.json": int(case["to"])}


def test_health_covers_the_release_and_every_workload(case: dict[str, Any], read: Read) -> None:
    found = {look.name: look.verdict for look in helm.checks(read.moves, read.shell)}
    status = stored(case)[max(stored(case))]["info"]["status"]
    assert found.get("release shop") == (None if status == "deployed" else "unhealthy")
    assert ("deployment/web" in found) is any(
        asked.endswith("/deployments") and '"web"' in out for asked, _, out, _ in case["answers"]
    )
