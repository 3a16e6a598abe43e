"""The private Kubernetes of a lane, started once for all its tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

BED = Path(__file__).with_name("kubernetes") / "bed.sh"
CACHE = (
    Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    / "deployment-rollback-beds"
    / "kubernetes"
)


@contextmanager
def started() -> Iterator[Path]:
    """Its folder; `admin.yaml` in there is the kubeconfig.

    KUBERNETES_BED=<dir> of a started bed saves the start; else it is built once (minutes), started and stopped here.
    """
    if running := os.environ.get("KUBERNETES_BED"):
        yield Path(running)
        return
    if os.geteuid() != 0:
        pytest.skip("the cluster's node needs root")
    if shutil.which("go") is None and not os.environ.get("CI"):
        pytest.skip("the cluster is built from Go modules, and Go is not installed")
    _bed("build")
    with tempfile.TemporaryDirectory(prefix="bed-", ignore_cleanup_errors=True) as folder:
        try:
            _bed("start", folder)
            yield Path(folder)
        finally:
            subprocess.run(["bash", BED, "stop", folder], check=False, stdout=subprocess.DEVNULL)


def _bed(*words: str) -> None:
    subprocess.run(["bash", BED, *words], check=True, stdout=subprocess.DEVNULL)
