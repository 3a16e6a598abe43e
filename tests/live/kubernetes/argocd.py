"""Argo CD's controllers beside the cluster, in charge of one namespace: repository server, application and ApplicationSet controller, Redis."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import yaml
from cluster import CACHE, Namespace, wait_for
from controllers import running

LABELS = {"app.kubernetes.io/part-of": "argocd"}
_GIT = ("-c", "user.name=Ana", "-c", "user.email=ana@example.invalid", "-c", "commit.gpgsign=false")


def missing() -> list[str]:
    return [
        name
        for name, there in (
            ("argocd", (CACHE / "argocd").exists()),
            ("redis-server", shutil.which("redis-server")),
        )
        if not there
    ]


class Repository:
    """What Argo CD follows, on this machine; `push` is a commit."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "web").mkdir(parents=True)
        self._git("init", "-q", "-b", "main")

    def push(self, *objects: dict[str, Any]) -> None:
        (self.folder / "web/all.yaml").write_text(yaml.safe_dump_all(objects))
        self._git("add", "-A")
        self._git("commit", "-q", "-m", "a release")

    def _git(self, *words: str) -> None:
        subprocess.run(["git", *_GIT, *words], cwd=self.folder, check=True, capture_output=True)


def settings(space: Namespace) -> list[dict[str, Any]]:
    """What its installation makes, and this cluster, seen in this namespace only."""
    config = yaml.safe_load(space.cluster.kubeconfig.read_text())
    login = {
        "bearerToken": config["users"][0]["user"]["token"],
        "tlsClientConfig": {"insecure": True},
    }
    data = {
        "name": "bed",
        "server": server(space),
        "config": json.dumps(login),
        "namespaces": space.name,
        "clusterResources": "false",
    }
    labels = {**LABELS, "argocd.argoproj.io/secret-type": "cluster"}
    allowed = {"sourceRepos": ["*"], "destinations": [{"server": "*", "namespace": "*"}]}
    return [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "argocd-cm", "labels": LABELS},
            "data": {},
        },
        _secret("argocd-secret", LABELS, {"server.secretkey": "of this test only"}),
        _secret("bed", labels, data),
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "AppProject",
            "metadata": {"name": "default"},
            "spec": allowed,
        },
    ]


def server(space: Namespace) -> str:
    return str(
        yaml.safe_load(space.cluster.kubeconfig.read_text())["clusters"][0]["cluster"]["server"]
    )


@contextmanager
def controllers(space: Namespace, folder: Path) -> Iterator[None]:
    redis, repositories, *others = (str(_port()) for _ in range(7))
    plain = ("--repo-server-plaintext", "--namespace", space.name)
    reads = ("--redis", f"127.0.0.1:{redis}", "--metrics-port")
    (folder / "plugins").mkdir()
    programs = {
        "repo-server": ("--disable-tls", "--address", "127.0.0.1", "--port", repositories, *reads, others[0]),
        "application-controller": (
            "--repo-server", f"127.0.0.1:{repositories}", *plain, *reads, others[1], "--app-resync", "3", "--self-heal-backoff-cap-seconds", "1",
        ),
        "applicationset-controller": (
            "--argocd-repo-server", f"127.0.0.1:{repositories}", *plain,
            *(f"--{name}-addr=127.0.0.1:{port}" for name, port in zip(("metrics", "probe", "webhook"), others[2:], strict=True)),
        ),
    }  # fmt: skip
    variables = {
        "ARGOCD_GPG_ENABLED": "false",
        "ARGOCD_PLUGINSOCKFILEPATH": str(folder / "plugins"),
        "HOSTNAME": "bed-0",
        "TMPDIR": str(folder),
    }
    with ExitStack() as stack:
        store = subprocess.Popen(
            ["redis-server", "--bind", "127.0.0.1", "--port", redis, "--save", ""],
            cwd=folder,
            stdout=subprocess.DEVNULL,
        )
        stack.callback(lambda: (store.kill(), store.wait()))
        for name, words in programs.items():
            program = {
                "ARGOCD_BINARY_NAME": f"argocd-{name}",
                "ARGOCD_FAKE_IN_CLUSTER": "true",
                **variables,
            }
            stack.enter_context(running(space, folder / f"{name}.log", "argocd", *words, **program))
        yield


def synced(space: Namespace, image: str) -> None:
    wait_for(
        lambda: image in space("get", "deployment", "web", "-o", "jsonpath={..image}", check=False),
        f"Argo CD to deploy {image}",
        180,
    )
    space.settled("deployment/web")


def _secret(name: str, labels: dict[str, str], data: dict[str, str]) -> dict[str, Any]:
    packed = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "labels": labels},
        "data": packed,
    }


def _port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
