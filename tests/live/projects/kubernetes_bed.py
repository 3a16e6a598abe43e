"""Projects on a real cluster: a namespace each, which is the default one of whoever deploys."""

from __future__ import annotations

import itertools
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.live.beds import clusters
from tests.live.beds.clusters import CACHE
from tests.live.projects.project import Project, clean_environment

IMAGE = Path(clusters.__file__).with_name("image.py")
LONGEST = 20  # seconds until what was started has ended
_numbers = itertools.count(1)


@contextmanager
def started() -> Iterator[Path]:
    """One cluster for all projects of this bed."""
    with clusters.started() as folder:
        yield folder


class KubernetesProject(Project):
    """What serves is asked from the pods behind a Service; a name that is no Service means the ready pods `app=<name>`.

    On PATH: kubectl, and `push NAME:TAG VERSION [STATUS]`, which brings an image to the node.
    """

    PLATFORM = "kubernetes"
    DEPLOY = "sed s/VERSION/$VERSION/g k8s/*.yaml | kubectl apply -f -"

    def __init__(self, name: str, root: Path, cluster: Path) -> None:
        self.cluster, self.tools = cluster, root / "bin"
        self.namespace = f"{name}-{os.getpid()}-{next(_numbers)}"
        self.SETTINGS = {"platform": self.PLATFORM, "namespace": self.namespace, "settle": 3}
        self.tools.mkdir()
        environment = {
            **{key: value for key, value in clean_environment().items() if key[:4] != "KUBE"},
            "HOME": str(root),
            "KUBECONFIG": str(self._kubeconfig(root / "kubeconfig")),
            "NAMESPACE": self.namespace,
            "PATH": f"{self.tools}:{CACHE}:{os.environ['PATH']}",
        }
        super().__init__(name, root / name, environment)
        self.words["NAMESPACE"] = self.namespace
        self._push_tool()
        self.run("kubectl create namespace $NAMESPACE")
        self._until(lambda: self._get("serviceaccount/default"), 60)

    def settle(self, version: str) -> None:
        """A good release is rolled out; of a bad one each workload's newest pods have failed, or pretend to be well."""
        seconds = LONGEST if version != "v3" else 4
        keys = self.run("kubectl get deployment,statefulset,daemonset -o name").stdout.split()
        for key in keys:
            self.run(f"kubectl rollout status {key} --timeout={seconds}s", check=False)

    def serving(self, names: Iterable[str]) -> dict[str, str]:
        return {
            name: " ".join(sorted({self._answer(*address) for address in self._addresses(name)}))
            for name in names
        }

    def ends_with(self, wanted: Mapping[str, str]) -> dict[str, str]:
        deadline = time.monotonic() + LONGEST
        while (found := self.serving(wanted)) != wanted and time.monotonic() < deadline:
            time.sleep(0.2)
        return found

    def identities(self, names: Iterable[str]) -> dict[str, str]:
        """`kind/name` is one object, a mere name the pods `app=<name>`."""
        return {name: self._identity(name) for name in names}

    def printed(self, service: str, command: str) -> str:
        """What whoever deploys sees; the key is only a heading."""
        return self.run(command, check=False).stdout.strip()

    def remove(self) -> None:
        self.run(
            f"kubectl delete namespace $NAMESPACE --wait=false; {self.case.clean}", check=False
        )

    def _identity(self, name: str) -> str:
        if "/" in name:
            return str(self._get(name).get("metadata", {}).get("uid", ""))
        pods = self._get("pods", f"-l app={name}").get("items", ())
        return " ".join(sorted(pod["metadata"]["uid"] for pod in pods))

    def _addresses(self, name: str) -> list[tuple[str, int]]:
        """Pods that are ready and the port they are asked on."""
        if not self._get(f"service/{name}"):
            return [(pod, 8080) for pod in self._ready(name)]
        slices = self._get("endpointslices", f"-l kubernetes.io/service-name={name}")["items"]
        return [
            (endpoint["targetRef"]["name"], (part["ports"] or [{"port": 8080}])[0]["port"])
            for part in slices
            for endpoint in part["endpoints"] or ()
            if endpoint["conditions"].get("ready")
        ]

    def _ready(self, app: str) -> list[str]:
        return [
            pod["metadata"]["name"]
            for pod in self._get("pods", f"-l app={app}").get("items", ())
            if "deletionTimestamp" not in pod["metadata"]
            and ("Ready", "True")
            in {(one["type"], one["status"]) for one in pod["status"].get("conditions", ())}
        ]

    def _answer(self, pod: str, port: int) -> str:
        path = f"/api/v1/namespaces/$NAMESPACE/pods/{pod}:{port}/proxy/cgi-bin/health"
        answer = self.run(f"kubectl get --raw {path}", check=False)
        if answer.returncode == 0:
            return str(json.loads(answer.stdout)["version"])
        unreachable = ("connection refused", "no route", "not found", "unable to upgrade")
        return "" if any(word in answer.stderr for word in unreachable) else "broken"

    def _get(self, what: str, options: str = "") -> dict[str, Any]:
        found = self.run(f"kubectl get {what} {options} -o json", check=False).stdout
        return dict(json.loads(found)) if found else {}

    def _until(self, holds: Any, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not holds() and time.monotonic() < deadline:
            time.sleep(0.2)

    def _kubeconfig(self, file: Path) -> Path:
        config = yaml.safe_load((self.cluster / "admin.yaml").read_text())
        config["contexts"][0]["context"]["namespace"] = self.namespace
        file.write_text(yaml.safe_dump(config))
        file.chmod(0o600)
        return file

    def _push_tool(self) -> None:
        socket = self.cluster / "node/containerd.sock"
        tool = self.tools / "push"
        tool.write_text(
            f'#!/bin/sh\n{sys.executable} {IMAGE} "$@" | ctr -a {socket} -n k8s.io images import - >/dev/null\n'
        )
        tool.chmod(0o755)


def project(name: str, root: Path, cluster: Path) -> KubernetesProject:
    return KubernetesProject(name, root, cluster)
