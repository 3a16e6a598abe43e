"""Controllers of owners, run beside the cluster and for one namespace only; and the artifacts that Flux's sources offer."""

from __future__ import annotations

import hashlib
import http.server
import io
import json
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from cluster import CACHE, Namespace

TIMES = "1970-01-01T00:00:00Z"
REQUESTED = "reconcile.fluxcd.io/requestedAt"


@contextmanager
def running(
    space: Namespace, log: Path, name: str, *options: str, **variables: str
) -> Iterator[None]:
    """The controller `name` until the block ends; a controller that ended by itself fails the test with its last words."""
    environment = {
        **space.cluster.environment,
        "RUNTIME_NAMESPACE": space.name,
        "HOME": str(log.parent),
        **variables,
    }
    with log.open("w") as file:
        process = subprocess.Popen(
            [CACHE / name, *options],
            env=environment,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        yield
        assert process.poll() is None, f"{name} ended: {log.read_text()[-2000:]}"
    finally:
        process.kill()
        process.wait()


class Source:
    """A GitRepository whose artifacts are offered from here, in place of Flux's source-controller; `push` is a commit that it has fetched."""

    def __init__(self, space: Namespace, folder: Path, name: str = "shop") -> None:
        self.space, self.folder, self.name = space, folder, name
        folder.mkdir()
        handler = partial(_Quiet, directory=str(folder))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        spec = {"interval": "1h", "url": "https://git.example.invalid/shop"}
        space.apply(
            {
                "apiVersion": "source.toolkit.fluxcd.io/v1",
                "kind": "GitRepository",
                "metadata": {"name": name},
                "spec": spec,
            }
        )

    def push(self, **files: list[dict[str, Any]]) -> str:
        """Folder name -> the objects in it. Returns the revision."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            for folder, objects in files.items():
                content = yaml.safe_dump_all(objects).encode()
                entry = tarfile.TarInfo(f"{folder}/all.yaml")
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
        digest = hashlib.sha256(packed.getvalue()).hexdigest()
        (self.folder / f"{digest}.tar.gz").write_bytes(packed.getvalue())
        artifact = {
            "path": f"{digest}.tar.gz",
            "url": f"http://127.0.0.1:{self._server.server_port}/{digest}.tar.gz",
        }
        artifact |= {
            "revision": f"main@sha1:{digest[:40]}",
            "digest": f"sha256:{digest}",
            "lastUpdateTime": TIMES,
        }
        ready = {
            "type": "Ready",
            "status": "True",
            "reason": "Succeeded",
            "message": "fetched",
            "lastTransitionTime": TIMES,
        }
        status = {"status": {"artifact": artifact, "conditions": [ready], "observedGeneration": 1}}
        self.space(
            "patch",
            "gitrepository",
            self.name,
            "--subresource=status",
            "--type=merge",
            "-p",
            json.dumps(status),
        )
        return artifact["revision"]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass
