"""The private cluster of the live tests, and what tests do to it: deploy a shop, wait, look."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from tests.live.beds.clusters import CACHE

BEDS = Path(__file__).parents[1] / "beds"


class Cluster:
    """One kubeconfig of one cluster."""

    def __init__(self, kubeconfig: Path) -> None:
        self.kubeconfig = kubeconfig
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("KUBE")},
            "KUBECONFIG": str(kubeconfig),
        }
        self.environment["PATH"] = f"{CACHE}:{os.environ['PATH']}"

    def kubectl(self, *args: str, stdin: str | None = None, check: bool = True) -> str:
        done = subprocess.run(
            ["kubectl", *args],
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not check or done.returncode == 0, f"kubectl {' '.join(args)}: {done.stderr}"
        return done.stdout.strip()

    def image(self, name: str, version: str, *status: str) -> None:
        """Onto the node: busybox that says it is this version."""
        made = subprocess.run(
            [sys.executable, BEDS / "image.py", name, version, *status],
            capture_output=True,
            check=True,
        ).stdout
        self.containerd("images", "import", "-", stdin=made)

    def containerd(self, *words: str, stdin: bytes = b"") -> None:
        socket = self.kubeconfig.parent / "node/containerd.sock"
        subprocess.run(
            ["ctr", "-a", socket, "-n", "k8s.io", *words],
            input=stdin,
            capture_output=True,
            check=True,
        )

    def as_account(self, space: Namespace, account: str, file: Path) -> Cluster:
        """The same cluster, seen by a service account of a namespace."""
        config = yaml.safe_load(self.kubeconfig.read_text())
        config["users"][0]["user"] = {"token": space("create", "token", account)}
        file.write_text(yaml.safe_dump(config))
        return Cluster(file)

    def namespace(self, name: str) -> Namespace:
        self.kubectl("create", "namespace", name)
        space = Namespace(self, name)
        wait_for(
            lambda: space("get", "serviceaccount", "default", check=False),
            "the namespace's service account",
        )
        return space


class Namespace:
    """One namespace; called, it is kubectl in there."""

    def __init__(self, cluster: Cluster, name: str) -> None:
        self.cluster, self.name = cluster, name

    def __call__(self, *args: str, stdin: str | None = None, check: bool = True) -> str:
        return self.cluster.kubectl("--namespace", self.name, *args, stdin=stdin, check=check)

    def apply(self, *objects: dict[str, Any]) -> None:
        self("apply", "-f", "-", stdin=yaml.safe_dump_all(objects))

    def read(self, what: str) -> Any:
        return json.loads(self("get", what, "-o", "json"))

    def deploy(self, name: str, image: str, kind: str = "deployment", good: bool = True) -> None:
        """A new image, rolled out to the end, or until its first pod is there."""
        self("set", "image", f"{kind}/{name}", f"web=localhost/shop:{image}")
        self.settled(f"{kind}/{name}") if good else self.begun(image)

    def served(self, kind: str) -> None:
        """Until a custom kind is served. At first it has no conditions at all, which `kubectl wait` refuses."""
        seen = ("get", "crd", kind, "-o", "jsonpath={.status.conditions[*].type}")
        wait_for(lambda: "Established" in self(*seen, check=False), f"{kind} to be served", 120)

    def impatient(self, name: str = "web") -> None:
        """From now on a rollout that does not come up is given up soon, not after a minute."""
        self("patch", "deployment", name, "-p", '{"spec": {"progressDeadlineSeconds": 5}}')

    def settled(self, key: str) -> None:
        """However busy the machine is: a rollout goes on after its progress deadline."""
        words, done = (
            ("rollout", "status", key, "--timeout=60s"),
            re.compile("successfully rolled out|update complete|roll out complete"),
        )
        wait_for(lambda: done.search(self(*words, check=False)), f"{key} to be rolled out", 180)

    def begun(self, image: str) -> None:
        wanted = f"localhost/shop:{image}"
        wait_for(
            lambda: (
                wanted in self("get", "pods", "-o", "jsonpath={.items[*].spec.containers[*].image}")
            ),
            f"a pod of {image}",
        )

    def image(self, key: str) -> str:
        return self(
            "get", key, "-o", "jsonpath={.spec.template.spec.containers[0].image}"
        ).rpartition(":")[2]

    def serving(self, app: str = "web") -> set[str]:
        """Images of the ready pods."""
        pods = json.loads(self("get", "pods", "-l", f"app={app}", "-o", "json"))["items"]
        ready = [
            pod
            for pod in pods
            if {"type": "Ready", "status": "True"}.items() <= _condition(pod, "Ready").items()
        ]
        return {pod["spec"]["containers"][0]["image"].rpartition(":")[2] for pod in ready}


def shop(
    kind: str = "Deployment", name: str = "web", replicas: int = 1, image: str = "v1", **more: Any
) -> dict[str, Any]:
    """A workload whose readiness is the shop's own health path. `more` is merged into its spec."""
    container = {
        "name": "web", "image": f"localhost/shop:{image}", "imagePullPolicy": "Never",
        "readinessProbe": {"httpGet": {"path": "/cgi-bin/health", "port": 8080}, "periodSeconds": 1, "failureThreshold": 1},
    }  # fmt: skip
    template = {
        "metadata": {"labels": {"app": name}},
        "spec": {"terminationGracePeriodSeconds": 0, "containers": [container]},
    }
    spec: dict[str, Any] = {"selector": {"matchLabels": {"app": name}}, "template": template}
    if kind == "Deployment":
        spec |= {"replicas": replicas, "progressDeadlineSeconds": 60}
    elif kind == "StatefulSet":
        spec |= {"replicas": replicas, "serviceName": name}
    container |= more.pop("container", {})
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {**spec, **more},
    }


def wait_for(holds: Callable[[], Any], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.25)


def _condition(pod: dict[str, Any], name: str) -> dict[str, Any]:
    return next(
        (one for one in pod.get("status", {}).get("conditions", ()) if one["type"] == name), {}
    )
