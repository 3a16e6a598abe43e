"""What lies in folders that are named like tests or examples is weak, and never left out in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from rollback.detection.model import lines
from rollback.errors import Usage
from rollback.flow import detect

pytestmark = pytest.mark.programs
WORKLOAD = "apiVersion: apps/v1\nkind: Deployment\n"


def written(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


@pytest.mark.parametrize(
    ("path", "platform"),
    [
        ("charts/demo/Chart.yaml", "helm"),
        ("charts/mock-server/Chart.yaml", "helm"),
        ("helm/test-runner/Chart.yaml", "helm"),
        ("services/spec-engine/k8s/d.yaml", "kubernetes"),
        ("k8s/claims-demo/d.yaml", "kubernetes"),
        ("apps/docs-api/k8s/d.yaml", "kubernetes"),
    ],
)
def test_a_folder_with_such_a_name_is_weak_and_told(tmp_path, path, platform):
    written(tmp_path, path, "name: shop\n" if platform == "helm" else WORKLOAD)
    detection = detect.look(tmp_path)
    assert detection.platforms == ()
    assert [row.platform for row in detection.weak] == [platform]
    place = path.rpartition("/")[0]
    assert any(place in line and "named like tests" in line for line in lines(detection, "next"))
    with pytest.raises(Usage, match=place):
        detect.best(detection)


@pytest.mark.parametrize(
    "place", ["tests/k8s", "docs/k8s", "k8s/tests/examples", "node_modules/k8s"]
)
def test_what_a_folder_is_for_sure_is_left_out(tmp_path, place):
    written(tmp_path, f"{place}/d.yaml", WORKLOAD)
    detection = detect.look(tmp_path)
    assert detection.platforms == detection.weak == ()


def test_its_migrations_are_not_the_projects(tmp_path):
    written(tmp_path, "integration-tests/db/migrations/1_a.up.sql", "create table a ();")
    written(tmp_path, "integration-tests/db/migrations/1_a.down.sql", "drop table a;")
    assert detect.look(tmp_path).migrations == ()


def test_a_change_in_it_ends_the_memory(tmp_path):
    written(tmp_path, "k8s/claims-demo/d.yaml", "apiVersion: v1\nkind: ConfigMap\n")
    assert detect.run(tmp_path).weak == ()
    written(tmp_path, "k8s/claims-demo/d.yaml", WORKLOAD)
    assert detect.run(tmp_path).weak


def test_it_is_evidence_only_where_nothing_else_is(tmp_path):
    written(tmp_path, "k8s/claims-demo/d.yaml", WORKLOAD)
    assert [row.path for row in detect.best(detect.look(tmp_path), "kubernetes")[1]] == [
        "k8s/claims-demo"
    ]
    written(tmp_path, "k8s/claims/d.yaml", WORKLOAD)
    assert [row.path for row in detect.best(detect.look(tmp_path))[1]] == ["k8s/claims"]
