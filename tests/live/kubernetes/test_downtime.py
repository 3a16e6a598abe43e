"""Requests all the time, through the API server's service proxy: none is lost while two real replicas go back, but where the plan says so."""

from __future__ import annotations

import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import yaml
from cluster import Cluster, Namespace, shop, wait_for
from skill import Project


class Visitor:
    """Asks for the shop's health page without a pause, and remembers what went wrong."""

    def __init__(self, cluster: Cluster, space: Namespace) -> None:
        config = yaml.safe_load(cluster.kubeconfig.read_text())
        server = config["clusters"][0]["cluster"]
        url = f"{server['server']}/api/v1/namespaces/{space.name}/services/web:8080/proxy/cgi-bin/health"
        self._request = urllib.request.Request(
            url, headers={"Authorization": f"Bearer {config['users'][0]['user']['token']}"}
        )
        self._tls = ssl.create_default_context(cafile=server["certificate-authority"])
        self.seen: list[str] = []
        self.failures: list[str] = []

    def ask(self) -> str:
        with urllib.request.urlopen(self._request, timeout=30, context=self._tls) as answer:
            return answer.read().decode()  # type: ignore[no-any-return]

    @contextmanager
    def asking(self) -> Iterator[None]:
        over = threading.Event()

        def loop() -> None:
            while not over.is_set():
                try:
                    self.seen.append(self.ask())
                except (urllib.error.URLError, OSError) as error:
                    self.failures.append(str(error))

        thread = threading.Thread(target=loop)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


SERVICE = {
    "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}, "ports": [{"port": 8080}]}
}  # fmt: skip


def test_no_request_fails_while_two_replicas_go_back(
    cluster: Cluster, space: Namespace, project: Project
) -> None:
    # a busy machine must not take both replicas out for a moment
    ready = {
        "httpGet": {"path": "/cgi-bin/health", "port": 8080},
        "periodSeconds": 1,
        "timeoutSeconds": 5,
        "failureThreshold": 3,
    }
    served = shop(
        replicas=2,
        container={"lifecycle": {"preStop": {"sleep": {"seconds": 3}}}, "readinessProbe": ready},
    )
    served["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = 10
    space.apply(served, SERVICE)
    space.settled("deployment/web")
    space.deploy("web", "v2")
    visitor = Visitor(cluster, space)
    wait_for(lambda: "v2" in visitor.ask(), "the service to answer")
    plan = project.plan()
    with visitor.asking():
        done = project.execute(plan)
    assert (done.exit, visitor.failures, "downtime" in plan.codes) == (0, [], False)
    assert any('"v2"' in one for one in visitor.seen)
    wait_for(lambda: '"v1"' in visitor.ask(), "the old release to answer")
    assert len(visitor.seen) > 10


def test_requests_fail_where_the_plan_names_the_workload_and_why(
    cluster: Cluster, space: Namespace, project: Project
) -> None:
    space.apply(shop(strategy={"type": "Recreate"}), SERVICE)
    space.settled("deployment/web")
    space.deploy("web", "v2")
    visitor = Visitor(cluster, space)
    wait_for(lambda: "v2" in visitor.ask(), "the service to answer")
    plan = project.plan()
    told = [one["message"] for one in plan["findings"] if one["code"] == "downtime"]
    assert told == ["deployment/web: strategy Recreate stops all pods before new ones start"]
    with visitor.asking():
        done = project.execute(plan)
    assert (done.exit, bool(visitor.failures)) == (0, True)
