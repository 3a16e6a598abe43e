"""A pod of its own for the step of a migration tool: its volumes, and its end."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rollback import clock
from rollback.model import Inside, Move, Release, Target
from rollback.platforms import helm
from rollback.platforms._cluster import inside
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.workloads import Workload
from rollback.platforms.helm.details import Details as HelmDetails
from rollback.platforms.helm.details import Facts as HelmFacts
from rollback.platforms.helm.storage import Revision
from rollback.script import functions
from rollback.shell import Shell

# `exec` starts a program that outlives it, as one in a pod does; `delete` ends it
KUBECTL = """#!/bin/bash
echo "$@" >>calls
for word; do
  case $word in
    delete) [ ! -s pod ] || kill -9 -- "-$(cat pod)" || true; rm -f pod; exit ;;
    create | wait) exit ;;
    exec) break ;;
  esac
done
while [ "$1" != -- ]; do shift; done
[ "$2" != ask ] || { echo DB; exit; }
shift
setsid "$@" >/dev/null 2>&1 &
echo $! >pod
wait
"""
TOOL = "sleep 3; touch went-on"


def place(**spec: Any) -> Inside:
    names = ("data", "settings")
    mounts = [{"name": name, "mountPath": f"/{name}"} for name in names]
    web = {"name": "web", "image": "shop", "volumeMounts": mounts}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [web], **spec}}
    raw = {"metadata": {"name": "web"}, "spec": {"template": template}}
    states = [{"name": "web", "state": {"running": {}}}]
    pod = {"metadata": {"name": "web-0"}, "status": {"containerStatuses": states}}
    made = inside.inside(Location("", "shop"), Workload("statefulset", raw), [pod], ["ask"])
    assert made
    return made


def test_a_claim_of_a_statefulset_is_an_empty_folder_in_the_pod() -> None:
    own = {"name": "settings", "configMap": {"name": "settings"}}
    made = msgspec.json.decode(place(volumes=[own]).payload)["spec"]["volumes"]
    assert made == [own, {"name": "data", "emptyDir": {}}]


def pod(**state: Any) -> dict[str, Any]:
    status = {"name": "web", **state}
    return {"metadata": {"name": "web-1"}, "status": {"containerStatuses": [status]}}


def way(*pods: dict[str, Any]) -> Inside | None:
    web = {
        "name": "web",
        "image": "reg.example/shop:v3",
        "command": ["serve"],
        "env": [{"name": "A"}],
    }
    template = {"metadata": {}, "spec": {"serviceAccountName": "shop", "containers": [web]}}
    raw = {"metadata": {"name": "web"}, "spec": {"template": template}}
    return inside.inside(Location("", "shop"), Workload("deployment", raw), pods, ["ask"])


CRASHED = {"waiting": {"reason": "CrashLoopBackOff"}}
DIGEST = f"reg.example/shop@sha256:{'a' * 64}"


def started(seconds_ago: int) -> dict[str, Any]:
    return {"running": {"startedAt": clock.now(-seconds_ago)}}


@pytest.mark.parametrize(
    ("made", "reads"),
    [
        (lambda: [pod(state=started(5), restartCount=0)], True),
        (lambda: [pod(state=started(5), restartCount=3)], False),
        (lambda: [pod(state=started(500), restartCount=3)], True),
        (lambda: [pod(state=CRASHED, restartCount=3)], False),
        (lambda: [pod(state=CRASHED, restartCount=3), pod(state=started(5), restartCount=0)], True),
        (list, False),
    ],
    ids=["running", "started again", "again, long ago", "crash loop", "another runs", "no pod"],
)
def test_a_container_that_ends_at_once_is_not_asked_and_its_template_is_used(made, reads):
    pods = made()  # now: the tests were collected a while ago
    made = way(*pods)
    assert made and (made.read is not None) == reads
    spec = msgspec.json.decode(made.payload)["spec"]
    assert (spec["restartPolicy"], spec["serviceAccountName"]) == ("Never", "shop")
    (container,) = spec["containers"]
    assert container["env"] == [{"name": "A"}] and container["command"][0] == "sh"


@pytest.mark.parametrize("reason", ["ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName"])
def test_an_image_that_cannot_be_had_is_no_way(reason):
    assert way(pod(state={"waiting": {"reason": reason}})) is None


def test_the_pod_has_the_image_that_the_release_has_run_and_not_what_its_tag_names_now():
    crashed = pod(state=CRASHED, restartCount=3, imageID=f"docker-pullable://{DIGEST}")
    other = pod(state=CRASHED, imageID=f"reg.example/shop@sha256:{'b' * 64}")
    local = pod(state=CRASHED, imageID=f"sha256:{'c' * 64}")

    def image(*pods: dict[str, Any]) -> str:
        made = way(*pods)
        assert made
        return str(msgspec.json.decode(made.payload)["spec"]["containers"][0]["image"])

    assert image(crashed) == DIGEST
    assert image(crashed, other) == image(local) == "reg.example/shop:v3"
    mirrored = pod(imageID=f"mirror.local/all@{DIGEST.partition('@')[2]}")
    mirrored["spec"] = {"containers": [{"name": "web", "image": "reg.example/shop:v3"}]}
    assert image(mirrored) == image(mirrored, crashed) == DIGEST, "the node names any that it knows"


# ---- Helm -------------------------------------------------------------------------------------


def release(applied: Revision | None = None, options: tuple[str, ...] = ()) -> list[Inside]:
    def workload(kind: str, name: str) -> Workload:
        labels = {"app": name}
        template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web"}]}}
        spec = {"selector": {"matchLabels": labels}, "template": template}
        return Workload(kind, {"metadata": {"name": name}, "spec": spec})

    known = {
        "shop/statefulset.apps/aa": workload("statefulset", "aa"),
        "shop/deployment.apps/cache": workload("deployment", "cache"),
        "shop/deployment.apps/shop-web": workload("deployment", "shop-web"),
    }
    running = pod(state=started(500))
    running["metadata"] |= {"namespace": "shop", "labels": {"app": "cache", "hash": "1"}}
    revision = Revision(3, "deployed", "", "", {}, "")
    facts = HelmFacts(revision, workloads=known, pods=[running], applied=applied)
    place = HelmDetails(context="", namespace="shop", helm="3", options=options)
    target = Target("production", "app", "helm", "shop", "x", True, details=place)
    move = Move(target, Release("3", facts=facts), Release("2"))
    return helm.inside(move, "", ["ask"], Shell(Path("/")))


def test_each_workload_of_a_chart_is_a_way_the_application_first():
    ways = release()
    assert [each.location for each in ways] == [
        "deployment/shop-web",
        "deployment/cache",
        "statefulset/aa",
    ]
    assert [each.read is not None for each in ways] == [False, True, False]


def test_what_was_never_applied_and_what_may_not_be_written_is_no_way():
    assert release(applied=Revision(2, "superseded", "", "", {}, "")) == []
    assert release(options=("no-inline-values",)) == []


def bash(folder: Path, text: str) -> subprocess.Popen[bytes]:
    (folder / "kubectl").write_text(KUBECTL)
    (folder / "kubectl").chmod(0o755)
    script = f"KUBECTL=$PWD/kubectl MODE=run; . {functions.FOLDER / '_cluster.sh'}; {text}"
    return subprocess.Popen(["bash", "-euc", script], cwd=folder, start_new_session=True)


def wait_for(file: Path) -> None:
    until = time.monotonic() + 20
    while not (file.exists() and file.read_text()):
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.programs
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_step_ends_what_runs_in_its_pod(tmp_path: Path, sent: int) -> None:
    step = bash(tmp_path, f"(in_pod m '' shop web-tool web DB 1 ask sh -c '{TOOL}')")
    wait_for(tmp_path / "pod")
    subprocess.run(["kill", "-s", str(int(sent)), "--", f"-{step.pid}"], check=True)
    assert step.wait(20) != 0
    time.sleep(4)
    assert not (tmp_path / "went-on").exists()


@pytest.mark.programs
def test_a_step_in_a_pod_is_looked_at_once_nothing_runs_there(tmp_path: Path) -> None:
    step = bash(tmp_path, f"in_pod m '' shop web-tool web DB 1 ask sh -c '{TOOL}'")
    wait_for(tmp_path / "pod")
    subprocess.run(["kill", "-9", "--", f"-{step.pid}"], check=True)
    assert bash(tmp_path, "pod_gone '' shop web-tool touch looked").wait(20) == 0
    time.sleep(4)
    assert (tmp_path / "looked").exists() and not (tmp_path / "went-on").exists()
    calls = (tmp_path / "calls").read_text()
    assert bash(tmp_path, "MODE=dry-run; pod_gone '' shop web-tool true").wait(20) == 0
    assert (tmp_path / "calls").read_text() == calls


def test_the_look_of_a_step_comes_after_its_pod() -> None:
    made = place()
    assert made.ended and made.ended.argv == ("pod_gone", "", "shop", made.script.argv[3])
