"""The connection that a plan reads over: kubectl's own identity, nothing but reads, and gone when we are."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from cluster import Cluster, Namespace, wait_for

from rollback.platforms._cluster import proxy
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.kubectl import ask_all, raw
from rollback.shell import Shell

ROOT = Path(__file__).parents[3]


@pytest.fixture
def shell(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    for name in ("PATH", "KUBECONFIG"):
        monkeypatch.setenv(name, cluster.environment[name])
    made = Shell(tmp_path)
    proxy.start(made, "test")
    assert made.served["kubectl test"].ready()
    yield made


def path_of(shell: Shell) -> str:
    return shell.served["kubectl test"].path


def status(address: str, request: str) -> int:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
        connection.sendall(
            f"{request} HTTP/1.0\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{{}}".encode()
        )
        return int(connection.recv(1000).split(b" ")[1])


def test_it_answers_what_kubectl_answers(shell: Shell, space: Namespace) -> None:
    location = Location("test", space.name)
    paths = (
        f"/api/v1/namespaces/{space.name}",
        f"/api/v1/namespaces/{space.name}/serviceaccounts/default",
        "/api/v1/namespaces/nope",
        f"/api/v1/namespaces/{space.name}/pods?limit=many",
    )
    over, alone = (
        ask_all(each, location, [raw(location, path) for path in paths])
        for each in (shell, Shell(shell.cwd))
    )
    assert [answer[:2] for answer in over] == [answer[:2] for answer in alone]
    assert (
        over[2][2]
        == alone[2][2].strip()
        == 'Error from server (NotFound): namespaces "nope" not found'
    )
    assert [proxy.ask(shell, "test", path, 20) for path in paths] == over


@pytest.mark.parametrize(
    "method", ["POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "GETX", "get"]
)
def test_whatever_is_not_a_read_is_refused(shell: Shell, space: Namespace, method: str) -> None:
    assert status(path_of(shell), f"{method} /api/v1/namespaces/{space.name}") == 403
    assert space("get", "namespace", space.name, "-o", "jsonpath={.status.phase}") == "Active"


REACHING = (
    "pods/a/exec?command=id",
    "pods/a/attach",
    "pods/a/portforward",
    "pods/a/proxy/",
    "services/a/proxy/",
    "services/a:80/proxy",
)


@pytest.mark.parametrize("what", REACHING)
def test_a_get_that_reaches_into_a_workload_is_refused(
    shell: Shell, space: Namespace, what: str
) -> None:
    assert status(path_of(shell), f"GET /api/v1/namespaces/{space.name}/{what}") == 403


def test_nobody_else_may_open_it(shell: Shell) -> None:
    assert os.stat(os.path.dirname(path_of(shell))).st_mode & 0o777 == 0o700


def test_where_it_does_not_start_or_breaks_each_read_is_a_kubectl_of_its_own(
    shell: Shell, space: Namespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing = shell.cwd / "bin" / "kubectl"
    refusing.parent.mkdir()
    refusing.write_text(
        '#!/bin/sh\ncase "$*" in *proxy*) exit 1 ;; esac\nPATH=${PATH#*:} exec kubectl "$@"\n'
    )
    refusing.chmod(0o755)
    monkeypatch.setenv("PATH", f"{refusing.parent}:{os.environ['PATH']}")
    without, location = Shell(shell.cwd), Location("test", space.name)
    proxy.start(without, "test")
    assert not without.served["kubectl test"].ready()
    os.unlink(path_of(shell))
    read = raw(location, f"/api/v1/namespaces/{space.name}")
    for each in (without, shell):
        (answer,) = ask_all(each, location, [read])
        assert space.name in answer[1]


@pytest.mark.usefixtures("shell")
def test_it_acts_as_whom_the_kubeconfig_names(
    cluster: Cluster, space: Namespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Impersonation is the user's way to have less rights than the login."""
    config = yaml.safe_load(cluster.kubeconfig.read_text())
    config["users"][0]["user"]["as"] = "nobody@example.invalid"
    (tmp_path / "config").write_text(yaml.safe_dump(config))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    humble, location = Shell(tmp_path), Location("test", space.name)
    proxy.start(humble, "test")
    assert humble.served["kubectl test"].ready()
    (answer,) = ask_all(humble, location, [raw(location, f"/api/v1/namespaces/{space.name}/pods")])
    assert "nobody@example.invalid" in answer[2] and "Forbidden" in answer[2]


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, None])
def test_it_ends_when_we_end_in_whatever_way(cluster: Cluster, end: signal.Signals | None) -> None:
    code = "import sys, time; from pathlib import Path; from rollback.shell import Shell; from rollback.platforms._cluster import proxy\n"
    code += "shell = Shell(Path('/')); proxy.start(shell, 'test'); served = shell.served['kubectl test']; served.ready()\n"
    code += "print(served.path, flush=True); sys.stdin.readline()"
    environment = {**cluster.environment, "PYTHONPATH": str(ROOT / "scripts")}
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as driver:
        assert driver.stdout is not None and driver.stdin is not None
        path = Path(driver.stdout.readline().strip())
        assert path.is_socket()
        driver.send_signal(end) if end else driver.stdin.close()
    wait_for(lambda: not path.parent.exists(), "the helper to end", 60)
