"""A plan waits for docker, Compose and git side by side, not one after the other."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from compose_recorded import CASES, Project, nothing_of_this_machine  # noqa: F401

from rollback.errors import Unreadable
from rollback.model import Command
from rollback.platforms import docker_compose
from rollback.platforms.docker_compose.beside import Beside
from rollback.shell import Answer


class Watch:
    """Holds the first questions until so many are open at once; whether that came true."""

    def __init__(self, project: Project) -> None:
        self.ask, self.changed = project.shell.ask, threading.Condition()
        self.open, self.wanted, self.reached, self.in_vain = 0, 0, True, False
        project.shell.ask = self.watched

    def expect(self, wanted: int) -> None:
        self.wanted, self.reached = wanted, False

    def watched(self, command: Command) -> Answer:
        with self.changed:
            self.open += 1
            self.reached = self.reached or self.open >= self.wanted
            self.changed.notify_all()
            if not self.changed.wait_for(lambda: self.reached or self.in_vain, timeout=10):
                self.in_vain = True  # the others need not wait
                self.changed.notify_all()
        try:
            return self.ask(command)
        finally:
            with self.changed:
                self.open -= 1


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, CASES[0])


def test_the_project_is_read_side_by_side(project):
    watch = Watch(project)
    watch.expect(3)  # version, info, containers
    docker_compose.targets(project.environment, project.shell)
    assert watch.reached


def test_releases_are_read_side_by_side(project):
    watch, target = Watch(project), project.target
    watch.expect(5)  # containers, images, builds, networks, volumes
    docker_compose.releases(project.environment, [target], project.shell, 50)
    assert watch.reached


def test_a_preflight_reads_side_by_side(project):
    moves, watch = project.moves("v2"), Watch(project)
    watch.expect(4)  # two images, containers, Compose or git
    list(docker_compose.preflight(moves, project.shell))
    assert watch.reached


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
