"""A plan waits for docker, Compose and git side by side, not one after the other."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from compose_recorded import CASES, Project, nothing_of_this_machine  # noqa: F401

from rollback.errors import Unreadable
from rollback.model import Command
from rollback.platforms import docker_compose
from rollback.platforms.docker_compose.beside import Beside
from rollback.shell import Answer


class Watch:
    """Counts how many questions are open at once."""

    def __init__(self, project: Project) -> None:
        self.ask, self.lock = project.shell.ask, threading.Lock()
        self.open, self.peak = 0, 0
        project.shell.ask = self.watched

    def watched(self, command: Command) -> Answer:
        with self.lock:
            self.open += 1
            self.peak = max(self.peak, self.open)
        time.sleep(0.02)
        try:
            return self.ask(command)
        finally:
            with self.lock:
                self.open -= 1

    def most(self) -> int:
        peak, self.peak = self.peak, 0
        return peak


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, CASES[0])


def test_each_phase_of_a_plan_reads_side_by_side(project):
    watch, target = Watch(project), project.target
    assert watch.most() >= 3  # version, info, containers
    docker_compose.releases(project.environment, [target], project.shell, 50)
    assert watch.most() >= 4  # containers, images, builds, networks and volumes
    moves = project.moves("v2")
    watch.most()
    list(docker_compose.preflight(moves, project.shell))
    assert watch.most() >= 3  # Compose, images, containers, other notes


def test_reads_that_wait_for_each_other_come_to_an_end():
    together = threading.Barrier(2, timeout=10)
    with Beside() as beside:
        reads = [beside.start(together.wait) for _ in range(2)]
    assert sorted(read.result() for read in reads) == [0, 1]


def test_the_error_of_a_read_is_raised_by_its_result():
    def fails() -> None:
        raise Unreadable("docker-unreachable", "no answer", "start the engine")

    with Beside() as beside:
        read = beside.start(fails)
    with pytest.raises(Unreadable, match="no answer"):
        read.result()
