"""A pod of its own for the step of a migration tool: its volumes, and its end."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rollback.model import Inside
from rollback.platforms._cluster import inside
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.workloads import Workload
from rollback.script import functions

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
