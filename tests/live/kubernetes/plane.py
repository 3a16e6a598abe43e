"""A control plane of the test's own, whose API server can be killed and started again; its nodes only pretend, and pods are ready at once."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

from cluster import BEDS, CACHE, Cluster, shop, wait_for

PORT = 17443
_FAKE = {"nodeSelector": {"type": "kwok"}, "tolerations": [{"key": "kwok", "operator": "Exists"}]}


class Plane:
    def __init__(self, folder: Path) -> None:
        self.folder, self.cluster = folder, Cluster(folder / "admin.yaml")
        self.start()

    def start(self) -> None:
        """All of it: controllers that lost their server would ask for it less and less often."""
        self._beds("kube_cluster.sh", "start", CACHE / "testcluster", str(PORT))
        self._beds("kwok.sh", "start", CACHE / "kwok")

    def kill(self) -> None:
        """The API server, at once; etcd keeps what it was told."""
        os.kill(int((self.folder / "kube-apiserver.pid").read_text()), signal.SIGKILL)
        wait_for(
            lambda: not self.cluster.kubectl("get", "--raw", "/readyz", check=False),
            "the API server to be gone",
        )

    def end(self) -> None:
        """Everything, at once: controllers without a server take their time to end."""
        for file in self.folder.glob("*.pid"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(file.read_text()), signal.SIGKILL)
            file.unlink()

    def come_back(self) -> None:
        self.end()
        self.start()

    def _beds(self, script: str, verb: str, *words: object) -> None:
        environment = {**self.cluster.environment, "KWOK_PORT": str(PORT + 6)}
        command = ["bash", BEDS / "kubernetes" / script, verb, self.folder, *map(str, words)]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)


def on_fake_nodes(name: str, wave: int) -> dict[str, Any]:
    """A Deployment whose pods are ready at once, in a wave of its own."""
    made = shop(name=name, replicas=1, progressDeadlineSeconds=600)
    made["metadata"]["annotations"] = {"argocd.argoproj.io/sync-wave": str(wave)}
    made["spec"]["template"]["spec"] |= _FAKE
    return made
