"""Lines of real pods through the real kubectl: what the application logged, and nothing that kubectl says itself."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest
from cluster import Namespace, shop, wait_for
from skill import Project

from rollback.errors import Unreadable
from rollback.platforms._cluster.details import Location
from rollback.platforms._cluster.logs import of_workloads
from rollback.platforms._cluster.workloads import WorkloadName
from rollback.probes import logs
from rollback.shell import Shell


def speaking(line: str) -> dict[str, list[str]]:
    """The shop, with a line in its log twice a second."""
    loop = (
        f"while :; do echo '{line}'; sleep 0.5; done & exec /bin/busybox httpd -f -p 8080 -h /www"
    )
    return {"command": ["/bin/busybox", "sh", "-c", loop]}


@pytest.fixture
def kubeconfig(space: Namespace) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(space.cluster.environment)
    yield
    os.environ.clear()
    os.environ.update(before)


def lines(space: Namespace, project: Project, selector: str = "app=web") -> list[str]:
    name = WorkloadName("deployment", "web", selector)
    return of_workloads(Location("", space.name), [name], 60, Shell(project.root))


def test_a_pod_that_cannot_tell_yet_adds_no_line(
    space: Namespace, project: Project, kubeconfig: None
) -> None:
    space.apply(shop(container=speaking("ERROR: no answer") | {"readinessProbe": None}))
    missing = shop(name="other", image="missing")
    missing["spec"]["template"]["metadata"]["labels"] = {"app": "other", "part": "web"}
    space.apply(missing)
    wait_for(lambda: lines(space, project), "the first line")
    space("wait", "--for=create", "pod", "-l", "app=other", check=False)
    assert set(lines(space, project)) == {"ERROR: no answer"}
    assert lines(space, project, "app=other") == []


def test_nobody_may_read_is_an_error_of_its_own(
    space: Namespace, project: Project, kubeconfig: None
) -> None:
    with pytest.raises(Unreadable):
        of_workloads(
            Location("nowhere", space.name),
            [WorkloadName("deployment", "web", "app=web")],
            60,
            Shell(project.root),
        )


def test_errors_before_are_a_rate_and_silence_afterwards_proves_nothing(
    space: Namespace, project: Project
) -> None:
    space.apply(shop())
    space.settled("deployment/web")
    loud = shop(image="v2", container=speaking("ERROR: no answer") | {"readinessProbe": None})
    space.apply(loud)
    space.settled("deployment/web")
    project.configure(namespace=space.name, health=[{"logs": {}}])
    time.sleep(logs.SHORTEST)
    done = project.execute(project.plan())
    rows = {row["phase"]: row for row in done["health"]["checks"] if row["name"] == "logs"}
    assert float(rows["before"]["detail"].partition(" ")[0]) > 30
    assert (done.exit, rows["after"]["verdict"]) == (11, "unknown"), "httpd logs nothing by itself"
