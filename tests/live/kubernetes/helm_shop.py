"""Charts of a small shop, and what tests do with them: install, upgrade, look."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
from pathlib import Path
from typing import Any

import yaml
from cluster import CACHE, Namespace, shop


class Helm:
    """One Helm (helm3 or helm4) on one namespace; its folder stands first on PATH. `objects` are what the chart renders."""

    def __init__(self, space: Namespace, root: Path, which: str) -> None:
        self.space, self.bin, self.chart = space, root / which, root / "chart"
        self.bin.mkdir(parents=True)
        (self.bin / "helm").symlink_to(CACHE / which)
        self.environment = {
            **space.cluster.environment,
            "HELM_CACHE_HOME": str(root / "cache"),
            "HELM_CONFIG_HOME": str(root / "config"),
        }
        self.environment["PATH"] = f"{self.bin}:{self.environment['PATH']}"

    def __call__(self, *args: str, check: bool = True) -> str:
        done = subprocess.run(
            ["helm", "--namespace", self.space.name, *args],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert not check or done.returncode == 0, f"helm {' '.join(args)}: {done.stderr}"
        return done.stdout

    def begin(self, *args: str) -> subprocess.Popen[bytes]:
        words = ["helm", "--namespace", self.space.name, *args]
        return subprocess.Popen(
            words, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def write(self, *objects: dict[str, Any], version: str = "1.0.0") -> None:
        """The chart as it is from now on. Go templates in strings are left to Helm."""
        (self.chart / "templates").mkdir(parents=True, exist_ok=True)
        (self.chart / "Chart.yaml").write_text(
            yaml.safe_dump(
                {"apiVersion": "v2", "name": "shop", "version": version, "appVersion": "1.0"}
            )
        )
        (self.chart / "templates/all.yaml").write_text(yaml.safe_dump_all(objects))

    def deploy(
        self, *objects: dict[str, Any], wait: bool = False, good: bool = True, release: str = "shop"
    ) -> None:
        """Install or upgrade to a chart of these objects. Not `good`: Helm is to say that it failed."""
        self.write(*objects)
        waiting = (
            ("--wait", "--timeout=180s")
            if wait and good
            else ("--wait", "--timeout=2s")
            if wait
            else ()
        )
        said = self("upgrade", "--install", release, str(self.chart), *waiting, check=good)
        assert good or "has been" not in said

    def history(self, release: str = "shop") -> list[tuple[int, str, str]]:
        rows = json.loads(self("history", release, "--output=json"))
        return [(row["revision"], row["status"], row["description"]) for row in rows]

    def stored(self, number: int, release: str = "shop") -> dict[str, Any]:
        raw = json.loads(
            self.space("get", "secret", f"sh.helm.release.v1.{release}.v{number}", "-o", "json")
        )
        return json.loads(
            gzip.decompress(base64.b64decode(base64.b64decode(raw["data"]["release"])))
        )  # type: ignore[no-any-return]

    def age(self, number: int, when: str = "2020-01-02T03:04:05Z", release: str = "shop") -> None:
        """As if that revision had been deployed at `when`."""
        content = self.stored(number, release)
        content["info"]["last_deployed"] = when
        packed = base64.b64encode(
            base64.b64encode(gzip.compress(json.dumps(content).encode()))
        ).decode()
        self.space(
            "patch",
            "secret",
            f"sh.helm.release.v1.{release}.v{number}",
            "--type=merge",
            "-p",
            json.dumps({"data": {"release": packed}}),
        )

    def newest(self, release: str = "shop") -> tuple[int, str]:
        number, status, _ = self.history(release)[-1]
        return number, status


def web(image: str, **more: Any) -> dict[str, Any]:
    """The shop as one Deployment with one pod."""
    return shop(image=image, replicas=1, **more)


def config(
    name: str = "settings",
    kind: str = "ConfigMap",
    annotations: dict[str, str] | None = None,
    **data: str,
) -> dict[str, Any]:
    """A ConfigMap, or a Secret."""
    part = "data" if kind == "ConfigMap" else "stringData"
    return {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {"name": name, "annotations": annotations or {}},
        part: data,
    }


def hook(
    event: str, image: str = "v1", command: str = "exit 0", name: str = "hook"
) -> dict[str, Any]:
    """A Job that Helm runs at `event`."""
    container = {
        "name": "hook",
        "image": f"localhost/shop:{image}",
        "imagePullPolicy": "Never",
        "command": ["/bin/sh", "-c", command],
    }
    meta = {
        "name": name,
        "annotations": {
            "helm.sh/hook": event,
            "helm.sh/hook-delete-policy": "before-hook-creation",
        },
    }
    spec = {
        "backoffLimit": 0,
        "template": {
            "spec": {
                "restartPolicy": "Never",
                "terminationGracePeriodSeconds": 0,
                "containers": [container],
            }
        },
    }
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": meta, "spec": spec}


def claim(size: str, name: str = "data") -> dict[str, Any]:
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "by-hand",
        "resources": {"requests": {"storage": size}},
    }
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name},
        "spec": spec,
    }
