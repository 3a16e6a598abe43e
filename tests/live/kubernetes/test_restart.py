"""The API server itself is killed in the middle of a run and comes back with what it knew: nothing is done twice, and what is said is so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster import Cluster, Namespace
from gate import Holding
from plane import Plane, on_fake_nodes
from skill import Answer, Project

PARTS = ("part-0", "part-1")


@pytest.fixture(scope="module")
def plane(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    """`cluster` only says whether this machine can have one: it is shared, and its server is left alone."""
    made = Plane(tmp_path_factory.mktemp("plane"))
    yield made
    made.end()


@pytest.fixture
def two(plane: Plane, tmp_path: Path) -> Namespace:
    """Two Deployments in two waves, a good v1 and then v2; the pods of the first have to be waited for."""
    space = plane.cluster.namespace(f"two-{abs(hash(tmp_path)) % 10**8}")
    space.apply(*(on_fake_nodes(name, wave) for wave, name in enumerate(PARTS)))
    for name in PARTS:
        space.settled(f"deployment/{name}")
        space.deploy(name, "v2")
    space("patch", "deployment", PARTS[0], "-p", '{"spec": {"minReadySeconds": 5}}')
    return space


@pytest.fixture
def held(tmp_path: Path) -> Holding:
    return Holding(tmp_path / "held")


@pytest.fixture
def rollback(plane: Plane, two: Namespace, held: Holding, tmp_path: Path) -> Project:
    made = Project(tmp_path / "project", plane.cluster, namespace=two.name, selector="app")
    made.environment["PATH"] = f"{held.folder}:{made.environment['PATH']}"
    return made


def images(space: Namespace) -> list[str]:
    return [space.image(f"deployment/{name}") for name in PARTS]


def changes(space: Namespace) -> list[int]:
    """Generation of each Deployment: one more for each change of its spec."""
    return [space.read(f"deployment/{name}")["metadata"]["generation"] for name in PARTS]


def leases(space: Namespace) -> str:
    return space("get", "leases", "-o", "name")


def kill_there(plane: Plane, held: Holding) -> None:
    """The server is gone when the call is made."""
    held.reached()
    plane.kill()
    held.go_on()


def begun(plan: Answer) -> list[str]:
    rows = [
        json.loads(line) for line in (Path(plan["run"]) / "journal.jsonl").read_text().splitlines()
    ]
    return [row["step"] for row in rows if row.get("event") == "start"]


def test_a_server_that_comes_back_while_something_is_read_is_waited_for(
    plane: Plane, two: Namespace, rollback: Project, held: Holding
) -> None:
    plan, before = rollback.plan("1"), changes(two)
    held.at("before", "get*wave-0.rollouts")
    run = rollback.start("execute", plan)
    kill_there(plane, held)
    plane.come_back()
    out, _ = run.communicate(timeout=240)
    assert (run.returncode, images(two), leases(two)) == (0, ["v1", "v1"], ""), out
    assert changes(two) == [one + 1 for one in before], "each was changed once"
    assert sorted(begun(plan)) == sorted(set(begun(plan)))


def test_a_server_that_is_away_when_something_has_to_be_written_is_told_and_the_run_goes_on_later(
    plane: Plane, two: Namespace, rollback: Project, held: Holding
) -> None:
    plan, before = rollback.plan("1"), changes(two)
    points = (
        ("before create", 12, ["v2", "v2"]), ("before patch*part-0", 5, ["v2", "v2"]),
        ("before patch*part-1", 5, ["v1", "v2"]), ("before delete", 5, ["v1", "v1"]),
    )  # fmt: skip
    for point, exit, reached in points:
        held.at(*point.split())
        run = rollback.start("execute", plan)
        kill_there(plane, held)
        out, _ = run.communicate(timeout=240)
        told = json.loads(out)
        assert run.returncode == exit, (point, out)
        assert (
            "execute.py" in str(told.get("next") or told["error"]["fix"])
            or "rollback.sh" in told["error"]["fix"]
        ), (point, out)
        plane.come_back()
        assert (images(two), bool(leases(two))) == (reached, exit == 5), (
            point,
            "a lock that could not be given back is still there",
        )
    done = rollback.execute(plan)
    assert (done.exit, leases(two)) == (0, ""), done.text + done.stderr
    assert changes(two) == [one + 1 for one in before], "each was changed once"
