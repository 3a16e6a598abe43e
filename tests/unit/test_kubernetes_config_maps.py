"""ConfigMaps go back to what git has for the target, where the live one is git's and nobody else reads it."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sites import move as stub_move

from rollback.model import Move, Release
from rollback.platforms._cluster.content import printed
from rollback.platforms.kubernetes import config_maps, manifests_in_git, no_inline_values
from rollback.platforms.kubernetes.details import Details
from rollback.shell import Answer, Shell

OLD, NEW = {"COLOR": "red", "SIZE": "<5>"}, {"COLOR": "blue"}
DETAILS = Details("test", "shop", salt="pepper", uid="uid-web")
GIT = ("git", "-c", "user.name=Ana", "-c", "user.email=ana@example.org")


def manifest(data: dict[str, str], name: str = "shop", **meta: str) -> str:
    metadata = json.dumps({"name": name, **meta})
    document = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {metadata}\ndata: {json.dumps(data)}\n"
    return f"{document}---\nkind: Deployment\nmetadata: {{name: web}}\n"


class Repository:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.git("init", "-q")

    def git(self, *words: str) -> None:
        subprocess.run((*GIT, *words), cwd=self.root, check=True)

    def release(self, tag: str, **files: str) -> None:
        for name, text in files.items():
            (self.root / f"{name}.yaml").write_text(text)
        self.git("add", "--all")
        self.git("commit", "-q", "--allow-empty", "-m", tag)
        self.git("tag", tag)

    def older(self, live: dict[str, str]) -> Any:
        return manifests_in_git.older(self.root, "shop", {"shop": live}, ("v1", "HEAD"))


@pytest.fixture
def here(tmp_path: Path) -> Repository:
    made = Repository(tmp_path)
    made.release("v1", web=manifest(OLD))
    made.release("v2", web=manifest(NEW))
    return made


@pytest.mark.programs
def test_the_older_content_is_that_of_the_file_whose_newer_content_is_live(here: Repository):
    assert here.older(NEW) == {"shop": ("web.yaml", OLD)}


@pytest.mark.programs
def test_a_live_content_that_git_does_not_have_has_no_older_one(here: Repository):
    assert here.older({"COLOR": "edited by hand"}) == {}


@pytest.mark.programs
def test_of_several_overlays_the_one_that_is_live_counts(here: Repository):
    here.release("v3", other=manifest({"COLOR": "grey"}))
    here.git("tag", "-f", "v1")
    here.release("v4", web=manifest({"COLOR": "new"}), other=manifest({"COLOR": "old"}))
    assert here.older({"COLOR": "new"}) == {"shop": ("web.yaml", NEW)}


@pytest.mark.programs
def test_an_overlay_that_is_not_the_live_one_is_never_its_older_content(here: Repository):
    """At the target there was staging alone; production's file came with the newer release."""
    live = {"DB": "production"}
    here.git("rm", "-q", "web.yaml")
    here.release("v3", staging=manifest(OLD))
    here.git("tag", "-f", "v1")
    here.release("v4", production=manifest(live))
    assert here.older(live) == {}
    here.release("v5", staging=manifest(live))  # alike by now: which of them is live is not known
    assert here.older(live) == {}


@pytest.mark.programs
def test_a_file_that_was_renamed_is_followed(here: Repository):
    here.git("mv", "web.yaml", "shop.yaml")
    here.release("v3")
    assert here.older(NEW) == {"shop": ("web.yaml", OLD)}


@pytest.mark.programs
@pytest.mark.parametrize("text", [
    manifest(OLD, namespace="other"), manifest(OLD, name="more"), "kind: ConfigMap\n{{ template }}\n",
    "kind: ConfigMap\nmetadata: {name: shop}\ndata: {PORT: 80}\n", manifest(NEW),
])  # fmt: skip
def test_what_is_of_another_object_or_no_plain_manifest_counts_for_nothing(
    here: Repository, text: str
):
    here.git("checkout", "-q", "v1")
    here.release("v0", web=text)
    here.git("tag", "-f", "v1")
    here.git("checkout", "-q", "v2")
    assert here.older(NEW) == {}


# ---- in the cluster -----------------------------------------------------------------------


def reading(name: str = "shop") -> dict[str, Any]:
    source = {"configMapRef": {"name": name}}
    return {"spec": {"containers": [{"name": "web", "envFrom": [source]}]}}


class Cluster(Shell):
    """`config_map` is the live object, `others` are workloads beside the one that moves."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(root)
        self.allowed = True
        meta = {"uid": "uid-shop", "labels": {}}
        self.config_map: dict[str, Any] = {"metadata": meta, "data": NEW}
        self.others: list[dict[str, Any]] | None = []
        template = reading()
        monkeypatch.setattr(config_maps, "of", lambda target: DETAILS)
        monkeypatch.setattr(no_inline_values, "of", lambda target: DETAILS)
        change = SimpleNamespace(after=SimpleNamespace(template=template))
        monkeypatch.setattr(config_maps, "change", lambda move: change)
        monkeypatch.setattr(config_maps.kubectl, "find", self.find)
        older = {"shop": ("k8s/web.yaml", OLD)}
        monkeypatch.setattr(
            manifests_in_git, "older", lambda *words: older if words[2]["shop"] == NEW else {}
        )

    def find(self, shell: Shell, location: Any, *paths: str) -> list[Any]:
        mine = {"metadata": {"uid": "uid-web", "name": "web"}, "spec": {"template": reading()}}
        lists: list[Any] = []
        for path in paths:
            if "configmaps" in path:
                lists.append(self.config_map)
            elif "deployments" in path:
                lists.append({"items": [mine]})
            elif self.others is None:
                lists.append(None)
            else:
                kind = path.rpartition("/")[2]
                lists.append({"items": [row for row in self.others if row["in"] == kind]})
        return lists

    def ask(self, command: Any, *rest: Any) -> Answer:
        assert command.argv[-5:] == ("auth", "can-i", "patch", "configmap/shop", "--quiet")
        return Answer((not self.allowed, "", ""))


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    return Cluster(tmp_path, monkeypatch)


def moves(commit: str | None = "v1") -> list[Move]:
    plain = stub_move()
    return [Move(plain.target, plain.current, Release("1", commit=commit), id="app.web")]


def stays(cluster: Cluster, words: str) -> None:
    assert list(config_maps.older_config(moves(), cluster)) == []
    (row,) = [
        key for older in config_maps.compared(moves(), cluster)
        for key in config_maps.keys(moves()[0], older)
    ]  # fmt: skip
    assert (row.key, row.restored) == ("ConfigMap/shop", False) and words in row.fix
    assert "git show v1:./k8s/web.yaml | kubectl --context test --namespace shop apply" in row.fix


def test_the_change_carries_its_condition_and_the_proof_is_a_salted_hash(cluster: Cluster):
    (item,) = config_maps.older_config(moves(), cluster)
    lines = [f"pepperuid-shop {printed(data)}".encode() for data in (NEW, OLD)]
    assert [item.source, item.goal] == [hashlib.sha256(line).hexdigest() for line in lines]
    assert "\\u003c5" in lines[1].decode()  # as kubectl prints it
    patches = [json.loads(text) for text in item.files.values()]
    assert [[row["op"] for row in patch] for patch in patches] == [["test", "test", "replace"]] * 2
    assert [patch[1]["value"] for patch in patches] == [NEW, OLD]
    assert [patch[2]["value"] for patch in patches] == [OLD, NEW]
    assert "state/app-config/configmap.shop.patch.json" in item.do.argv
    keys = config_maps.keys(moves()[0], config_maps.compared(moves(), cluster)[0])
    assert [(key.key, key.change, key.restored) for key in keys] == [
        ("ConfigMap/shop: COLOR", "changed", True), ("ConfigMap/shop: SIZE", "added", True),
    ]  # fmt: skip


@pytest.mark.parametrize(("facts", "words"), [
    ({"immutable": True}, "immutable"), ({"binaryData": {"a": "b"}}, "binary"),
    ({"metadata": {"uid": "u", "ownerReferences": [{}]}}, "belongs to another"),
    ({"metadata": {"uid": "u", "labels": {"app.kubernetes.io/managed-by": "Helm"}}}, "belongs to another"),
])  # fmt: skip
def test_objects_that_are_never_changed_are_named(cluster: Cluster, facts: Any, words: str):
    cluster.config_map |= facts
    stays(cluster, words)


def test_what_another_workload_reads_as_well_stays(cluster: Cluster):
    jobs = {"jobTemplate": {"spec": {"template": reading()}}}
    meta = {"uid": "uid-job", "name": "nightly"}
    cluster.others = [{"in": "cronjobs", "metadata": meta, "spec": jobs}]
    stays(cluster, "read by nightly")
    cluster.others[0]["spec"] = {"template": reading("another")}
    assert len(list(config_maps.older_config(moves(), cluster))) == 1


def other(kind: str, owner: str = "", **facts: Any) -> dict[str, Any]:
    """One that reads it; `owner` is "apps/v1 ReplicaSet web-1"."""
    keys = ("apiVersion", "kind", "name")
    rows = [{**dict(zip(keys, owner.split(), strict=True)), "controller": True}] if owner else []
    spec = reading()["spec"] if kind == "pods" else {"template": reading()}
    meta = {"uid": f"uid-{kind}", "name": "it", "ownerReferences": rows}
    return {"in": kind, "metadata": meta, "spec": {**spec, **facts.pop("spec", {})}, **facts}


@pytest.mark.parametrize(("row", "words"), [
    (other("jobs"), "read by Job/it"),
    (other("pods"), "read by Pod/it"),
    (other("replicasets"), "read by ReplicaSet/it"),
    (other("pods", "kafka.strimzi.io/v1 StrimziPodSet shop"), "read by StrimziPodSet/shop"),
    (other("replicasets", "argoproj.io/v1alpha1 Rollout shop"), "read by Rollout/shop"),
    (other("pods", "v1 ReplicationController old"), "read by ReplicationController/old"),
    (other("statefulsets", "db.example.com/v1 Cluster db"), "read by it"),
])  # fmt: skip
def test_what_is_no_workload_of_its_own_and_reads_it_is_named_and_it_stays(
    cluster: Cluster, row: Any, words: str
):
    cluster.others = [row]
    stays(cluster, words)


@pytest.mark.parametrize("row", [
    other("jobs", status={"completionTime": "2026-12-01T03:00:00Z"}),
    other("jobs", status={"conditions": [{"type": "Failed", "status": "True"}]}),
    other("jobs", "batch/v1 CronJob nightly"),
    other("pods", status={"phase": "Succeeded"}), other("pods", "apps/v1 ReplicaSet web-1"),
    other("pods", "batch/v1 Job once"), other("replicasets", "apps/v1 Deployment web"),
    other("replicasets", spec={"replicas": 0}),
])  # fmt: skip
def test_what_has_ended_or_is_read_as_its_workload_keeps_nothing(cluster: Cluster, row: Any):
    cluster.others = [row]
    assert len(list(config_maps.older_config(moves(), cluster))) == 1


def test_without_the_rights_it_stays(cluster: Cluster):
    cluster.allowed = False
    stays(cluster, "may not patch")
    cluster.others = None
    stays(cluster, "may not be seen")


def test_without_values_in_files_it_stays(cluster: Cluster, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(no_inline_values, "asked", lambda moves: True)
    stays(cluster, "--no-inline-values")


def test_of_a_release_without_a_commit_and_of_an_edited_object_nothing_is_known(cluster: Cluster):
    assert config_maps.compared(moves(None), cluster) == []
    cluster.config_map["data"] = {"COLOR": "edited"}
    assert config_maps.compared(moves(), cluster) == []
