"""A kubeconfig named relative to the project, with files and a login of its own beside it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml
from cluster import Cluster, Namespace
from skill import SCRIPTS, Answer, Project

LOGIN = """#!/bin/sh
echo '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "%s"}}'
"""


def relative(cluster: Cluster, folder: Path) -> None:
    """Write a kubeconfig whose paths are relative to itself."""
    folder.mkdir()
    config = yaml.safe_load(cluster.kubeconfig.read_text())
    authority = config["clusters"][0]["cluster"]
    shutil.copy(authority["certificate-authority"], folder / "ca.crt")
    authority["certificate-authority"] = "ca.crt"
    (folder / "login.sh").write_text(LOGIN % config["users"][0]["user"]["token"])
    (folder / "login.sh").chmod(0o755)
    login = {"apiVersion": "client.authentication.k8s.io/v1", "command": "./login.sh"}
    config["users"][0]["user"] = {"exec": {**login, "interactiveMode": "Never"}}
    (folder / "config.yaml").write_text(yaml.safe_dump(config))


def test_a_relative_kubeconfig_holds_from_anywhere(
    web: Namespace, project: Project, cluster: Cluster
) -> None:
    relative(cluster, project.root / "kube")
    web.deploy("web", "v2")
    project.environment["KUBECONFIG"] = os.pathsep.join(("kube/none.yaml", "kube/config.yaml"))
    plan = project.plan()
    words = [
        "--digest",
        plan["digest"],
        "--reason",
        "live test",
        "--json",
        "--project",
        project.root,
    ]
    done = subprocess.run(
        [sys.executable, SCRIPTS / "execute.py", plan["run"], *words],
        cwd="/",
        env=project.environment,
        capture_output=True,
        text=True,
    )
    assert Answer(done).exit == 0, done.stdout + done.stderr
    assert web.serving() == {"v1"}
