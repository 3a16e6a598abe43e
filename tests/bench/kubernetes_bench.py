"""How long Kubernetes rollbacks take beside plain kubectl, in one run: rows for references/performance.md.

The control plane is real, its nodes only pretend.

Usage: .venv/<X.Y>/bin/python tests/bench/kubernetes_bench.py [one] [plan] [many]      (nothing named: all; needs Go once, to build the cluster)
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BEDS = ROOT / "tests/live/beds/kubernetes"
CACHE = (
    Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    / "deployment-rollback-beds/kubernetes"
)
PORT = 19443
GIT = (
    "git",
    "-c",
    "user.name=Ana",
    "-c",
    "user.email=ana@example.invalid",
    "-c",
    "commit.gpgsign=false",
)
SETTINGS = "environments: {{staging: {{unattended: true, platform: kubernetes, namespace: {namespace}, selector: app}}}}\n"
Row = tuple[str, str]


class Bed:
    """A namespace of the cluster, and a project that deploys there."""

    def __init__(self, scratch: Path, namespace: str) -> None:
        self.namespace, self.project, self.scratch = (
            namespace,
            scratch / f"project-{namespace}",
            scratch,
        )
        (self.project / ".claude").mkdir(parents=True)
        (self.project / ".claude/deployment-rollback.yml").write_text(
            SETTINGS.format(namespace=namespace)
        )
        for words in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "settings")):
            subprocess.run([*GIT, *words], cwd=self.project, check=True)
        self.kubectl("create", "namespace", namespace)

    def kubectl(self, *words: str, stdin: str | None = None) -> str:
        command = ["kubectl", "--namespace", self.namespace, *words]
        return subprocess.run(
            command, input=stdin, capture_output=True, text=True, check=True
        ).stdout

    def deploy(self, count: int, replicas: int) -> None:
        """`count` Deployments, and then a second revision of each."""
        self.kubectl(
            "create",
            "-f",
            "-",
            stdin="\n".join(json.dumps(deployment(number, replicas)) for number in range(count)),
        )
        self.until(lambda one: one["status"].get("availableReplicas") == replicas)
        self.kubectl("set", "image", "deployment", "--all", "web=shop:v2")
        self.until(finished)

    def spoil(self, count: int) -> None:
        """A third revision of each, whose pods find no node."""
        broken = {
            "nodeSelector": {"type": "none"},
            "containers": [{"name": "web", "image": "shop:v3"}],
        }
        patch = json.dumps({"spec": {"template": {"spec": broken}}})
        for number in range(count):
            self.kubectl("patch", "deployment", f"app-{number:04}", "--patch", patch)
        self.until(lambda one: one["status"].get("unavailableReplicas", 0) > 0)

    def until(self, holds: Callable[[dict[str, Any]], bool]) -> None:
        deadline = time.monotonic() + 1200
        while not all(
            map(
                holds,
                json.loads(
                    self.kubectl(
                        "get", "--raw", f"/apis/apps/v1/namespaces/{self.namespace}/deployments"
                    )
                )["items"],
            )
        ):
            assert time.monotonic() < deadline, "the cluster does not get there"
            time.sleep(0.5)

    def script(self, name: str, *words: object, ends: tuple[int, ...] = (0,)) -> Any:
        command = [sys.executable, ROOT / "scripts" / f"{name}.py", *words, "--json"]
        done = subprocess.run(
            command, cwd=self.project, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        assert done.returncode in ends, (command, done.stdout[-2000:], done.stderr[-2000:])
        return json.loads(done.stdout)

    def execute(self, plan: Any) -> None:
        assert (
            self.script("execute", plan["run"], "--digest", plan["digest"], "--reason", "bench")[
                "health"
            ]["verdict"]
            == "healthy"
        )

    def by_hand(self, count: int) -> None:
        for number in range(count):
            self.kubectl("rollout", "undo", f"deployment/app-{number:04}")
            self.kubectl("rollout", "status", f"deployment/app-{number:04}")


def deployment(number: int, replicas: int) -> dict[str, Any]:
    name = f"app-{number:04}"
    settings = [{"name": f"SETTING_{index}", "value": "x" * 20} for index in range(10)]
    container = {
        "name": "web",
        "image": "shop:v1",
        "env": settings,
        "readinessProbe": {"httpGet": {"path": "/health", "port": 8080}},
    }
    place = {
        "nodeSelector": {"type": "kwok"},
        "tolerations": [{"key": "kwok", "operator": "Exists"}],
    }
    template = {"metadata": {"labels": {"app": name}}, "spec": {**place, "containers": [container]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": spec,
    }


def finished(one: dict[str, Any]) -> bool:
    status, wanted = one["status"], one["spec"]["replicas"]
    seen = status.get("observedGeneration") == one["metadata"]["generation"]
    return (
        seen
        and [status.get(key) for key in ("replicas", "updatedReplicas", "availableReplicas")]
        == [wanted] * 3
    )


def seconds(do: Callable[[], object]) -> float:
    start = time.perf_counter()
    do()
    return time.perf_counter() - start


def megabytes(command: list[str], cwd: Path) -> float:
    """The most memory that a program needs."""
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return usage.ru_maxrss / 1024


def one(scratch: Path) -> Iterator[Row]:
    """One Deployment of two pods, turn by turn: by hand, by plan and execute."""
    bed = Bed(scratch, "one")
    bed.deploy(1, 2)
    hand, planned, executed = [], [], []
    for _ in range(5):
        bed.spoil(1)
        hand.append(seconds(lambda: bed.by_hand(1)))
        bed.spoil(1)
        plans: list[Any] = []
        planned.append(
            seconds(lambda plans=plans: plans.append(bed.script("plan", "staging", "previous")))
        )
        executed.append(seconds(lambda plans=plans: bed.execute(plans[0])))
    bare, plan, execute = map(statistics.median, (hand, planned, executed))
    yield "Kubernetes, one Deployment: `kubectl rollout undo` and `rollout status`", f"{bare:.2f} s"
    yield "Kubernetes, one Deployment: `plan.py`", f"{plan:.2f} s"
    yield (
        "Kubernetes, one Deployment: `execute.py`, up to the second healthy look",
        f"{execute:.2f} s (by hand + {execute - bare:.2f} s)",
    )


def plan(scratch: Path) -> Iterator[Row]:
    """1,000 Deployments of two revisions each; the bare read and the plan turn by turn. The admission checks are left out by the driver."""
    bed = Bed(scratch, "plan")
    bed.deploy(1000, 1)
    path = "/apis/apps/v1/namespaces/plan/replicasets"
    driver = "\n".join((
        "import runpy, sys", "sys.path.insert(0, sys.argv[1])", "from rollback.platforms.kubernetes.preflight import dry_run",
        "from rollback.platforms._cluster.preflight import pod_dry_run", "dry_run.MOST = pod_dry_run.MOST = 0",
        "script, sys.argv[1:] = sys.argv[1] + '/plan.py', ['staging', 'previous']", "runpy.run_path(script, run_name='__main__')",
    ))  # fmt: skip
    command = [sys.executable, "-c", driver, str(ROOT / "scripts")]
    reads, plans, sizes = [], [], []
    for _ in range(5):
        reads.append(seconds(lambda: bed.kubectl("get", "--raw", path)))
        plans.append(seconds(lambda: sizes.append(megabytes(command, bed.project))))
    read, planned, memory = statistics.median(reads), statistics.median(plans), max(sizes)
    yield (
        "Kubernetes, 1,000 Deployments of 2 revisions: `kubectl get --raw` of their ReplicaSets",
        f"{read:.2f} s",
    )
    yield (
        "Kubernetes, 1,000 Deployments: the plan, admission checks apart",
        f"{planned:.2f} s ({planned / read:.1f} x the read), {memory:.0f} MB",
    )


def many(scratch: Path) -> Iterator[Row]:
    """100 broken Deployments of two pods: by hand one after the other, by one plan and its execution."""
    bed = Bed(scratch, "many")
    bed.deploy(100, 2)
    bed.spoil(100)
    bare = seconds(lambda: bed.by_hand(100))
    bed.spoil(100)
    plans: list[Any] = []
    planned = seconds(lambda: plans.append(bed.script("plan", "staging", "previous")))
    executed = seconds(lambda: bed.execute(plans[0]))
    yield (
        "Kubernetes, 100 broken Deployments: a loop of `rollout undo` and `rollout status`",
        f"{bare:.1f} s",
    )
    yield "Kubernetes, 100 broken Deployments: `plan.py`", f"{planned:.1f} s"
    yield (
        "Kubernetes, 100 broken Deployments: `execute.py`, to proven healthy",
        f"{executed:.1f} s ({executed / bare:.2f} x the loop)",
    )


def main(names: list[str]) -> None:
    parts = {"one": one, "plan": plan, "many": many}
    subprocess.run(["bash", BEDS / "build.sh", CACHE], check=True, stdout=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="rollback-bench-") as name:
        scratch = Path(name)
        os.environ |= {"PATH": f"{CACHE}:{os.environ['PATH']}", "KWOK_PORT": str(PORT + 6)}
        os.environ |= {
            "KUBECONFIG": str(scratch / "bed/admin.yaml"),
            "XDG_STATE_HOME": str(scratch / "state"),
        }
        try:
            cluster = [
                "bash",
                BEDS / "kube_cluster.sh",
                "start",
                scratch / "bed",
                CACHE / "testcluster",
                str(PORT),
            ]
            subprocess.run(cluster, check=True, stdout=sys.stderr)
            subprocess.run(
                ["bash", BEDS / "kwok.sh", "start", scratch / "bed", CACHE / "kwok"],
                check=True,
                stdout=sys.stderr,
            )
            print("| what | median |\n|---|---|")
            for part in names or parts:
                for what, took in parts[part](scratch):
                    print(f"| {what} | {took} |", flush=True)
        finally:
            subprocess.run(["bash", BEDS / "kwok.sh", "stop", scratch / "bed"], check=False)
            subprocess.run(["bash", BEDS / "kube_cluster.sh", "stop", scratch / "bed"], check=False)


if __name__ == "__main__":
    main(sys.argv[1:])
