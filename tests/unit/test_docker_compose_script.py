"""The functions of the script under real bash, beside a docker that answers from files."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.programs
FUNCTIONS = (Path(__file__).parents[2] / "templates/functions/docker_compose.sh").read_text()
FAKE = """\
#!/bin/sh
echo "$*" >>"$ENGINE/asked"
[ ! -e "$ENGINE/down" ] || { echo "Cannot connect to the Docker daemon" >&2; exit 1; }
case "$*" in
  *compose.replace*) cat "$ENGINE/made" ;;
  "container inspect "*) grep -qx "$3" "$ENGINE/here" ;;
  ps*) cat "$ENGINE/ids" ;;
  inspect*) [ ! -e "$ENGINE/mute" ] && cat "$ENGINE/rows" ;;
esac
"""
EARLY, LATE, LATER = (f"2026-11-24T10:0{minute}:00.123456789Z" for minute in range(3))


class Engine:
    """`rows` are what `docker inspect` prints, one for each container."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "bin").mkdir()
        (root / "bin" / "docker").write_text(FAKE)
        (root / "bin" / "docker").chmod(0o755)
        self.has()

    def has(self, *rows: str) -> None:
        (self.root / "rows").write_text("".join(f"{row}\n" for row in rows))
        (self.root / "ids").write_text("".join(f"id{number}\n" for number, _ in enumerate(rows)))

    def made(self, *rows: str, here: str = "") -> None:
        """`rows`: a container made beside the one that it was to replace; `here`: what exists."""
        (self.root / "made").write_text("".join(f"{row}\n" for row in rows))
        (self.root / "here").write_text("".join(f"{id}\n" for id in here.split()))

    def run(self, *words: str) -> tuple[int, str]:
        script = f'set -euo pipefail\nreadonly DOCKER=docker RUN=$PWD\n{FUNCTIONS}\n"$@"'
        path = f"{self.root / 'bin'}:{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "ENGINE": str(self.root)}
        argv = ["bash", "-c", script, "bash", *words]
        done = subprocess.run(argv, cwd=self.root, env=environment, capture_output=True, text=True)
        return done.returncode, done.stdout.strip()

    def says(self, *words: str) -> str:
        status, out = self.run(*words)
        assert status == 0
        return out

    @property
    def asked(self) -> str:
        path = self.root / "asked"
        return path.read_text() if path.exists() else ""


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(tmp_path)


def shared(
    service: str, since: str, own: str, network: str = "bridge", *volumes: str, runs: str = "true"
) -> str:
    """A container as `attached` reads it."""
    more = "".join(f"container:{volume} " for volume in volumes)
    return f"{service} {since} {runs} {own} {network}   {more}"


def test_a_service_without_containers_is_absent(engine):
    assert engine.says("absent", "shop", "web") == "yes"
    engine.has("api sha256:a true")
    assert engine.says("absent", "shop", "web") == "yes"
    assert "--filter label=com.docker.compose.project=shop" in engine.asked
    assert engine.asked.splitlines()[-1].endswith("id0")


@pytest.mark.parametrize("row", ["web sha256:w true", "web sha256:w false"])
def test_a_stopped_container_is_not_absent(engine, row):
    engine.has("api sha256:a true", row)
    assert engine.says("absent", "shop", "web") == "no"
    assert engine.says("absent", "shop", "cache", "web") == "no"
    assert engine.says("absent", "shop", "cache", "worker") == "yes"


def test_a_longer_name_is_another_service(engine):
    engine.has("web2 sha256:w true", "my-web sha256:w true", "web.v2 sha256:w true")
    assert engine.says("absent", "shop", "web") == "yes"
    assert engine.says("absent", "shop", "w.b", "web.", "webxv2") == "yes"
    assert engine.says("absent", "shop", "web.v2") == "no"


def test_a_service_that_started_after_its_owner_and_uses_it_is_attached(engine):
    engine.has(shared("vpn", EARLY, "a1"), shared("proxy", LATE, "b2", "container:a1"))
    assert engine.says("attached", "shop", "proxy", "vpn") == "yes"


def test_a_service_that_uses_a_container_that_is_gone_is_not_attached(engine):
    engine.has(shared("vpn", EARLY, "a1"), shared("proxy", LATE, "b2", "container:gone"))
    assert engine.says("attached", "shop", "proxy", "vpn") == "no"


@pytest.mark.parametrize(
    ("volume", "answer"), [("a1", "yes"), ("a1:ro", "yes"), ("gone", "no"), ("gone:ro", "no")]
)
def test_volumes_of_another_container_count_too(engine, volume, answer):
    engine.has(shared("assets", EARLY, "a1"), shared("web", LATE, "b2", "bridge", volume))
    assert engine.says("attached", "shop", "web", "assets") == answer


def test_one_lost_volume_among_several_counts(engine):
    engine.has(
        shared("assets", EARLY, "a1"), shared("web", LATE, "b2", "container:a1", "a1:ro", "gone")
    )
    assert engine.says("attached", "shop", "web", "assets") == "no"


def test_a_service_that_started_before_its_owner_is_not_attached(engine):
    engine.has(shared("db", LATE, "a1"), shared("web", EARLY, "b2"))
    assert engine.says("attached", "shop", "web", "db") == "no"
    assert engine.says("attached", "shop", "db", "web") == "yes"


def test_every_replica_has_to_be_younger_than_every_container_of_its_owner(engine):
    engine.has(shared("db", EARLY, "a1"), shared("web", LATER, "b2"), shared("web", LATE, "b3"))
    assert engine.says("attached", "shop", "web", "db") == "yes"
    engine.has(shared("db", LATE, "a1"), shared("web", LATER, "b2"), shared("web", EARLY, "b3"))
    assert engine.says("attached", "shop", "web", "db") == "no"
    owners = [shared("db", EARLY, "a1"), shared("db", LATER, "a2")]
    for order in (owners, owners[::-1]):
        engine.has(*order, shared("web", LATE, "b2"))
        assert engine.says("attached", "shop", "web", "db") == "no"


def test_one_of_several_replicas_with_a_lost_network_counts(engine):
    rows = [
        shared("vpn", EARLY, "a1"),
        shared("proxy", LATE, "b2", "container:a1"),
        shared("proxy", LATE, "b3", "container:gone"),
    ]
    for order in (rows, rows[::-1]):
        engine.has(*order)
        assert engine.says("attached", "shop", "proxy", "vpn") == "no"


def test_a_stopped_or_missing_service_is_not_attached(engine):
    assert engine.says("attached", "shop", "proxy", "vpn") == "no"
    engine.has(shared("vpn", EARLY, "a1"))
    assert engine.says("attached", "shop", "proxy", "vpn") == "no"
    engine.has(
        shared("vpn", EARLY, "a1"), shared("proxy", LATE, "b2", "container:a1", runs="false")
    )
    assert engine.says("attached", "shop", "proxy", "vpn") == "no"


def test_all_pairs_have_to_be_attached(engine):
    engine.has(
        shared("vpn", EARLY, "a1"),
        shared("proxy", LATE, "b2", "container:a1"),
        shared("api", LATER, "c3"),
    )
    assert engine.says("attached", "shop", "proxy", "vpn", "api", "proxy") == "yes"
    assert engine.says("attached", "shop", "proxy", "vpn", "proxy", "api") == "no"


def test_images_prints_another_image_while_any_container_has_it(engine):
    engine.has("web sha256:1 true", "web sha256:2 true", "api sha256:1 true")
    assert (
        engine.says("images", "shop", "web", "sha256:1", "api", "sha256:1") == "sha256:2\nsha256:1"
    )
    assert engine.says("images", "shop", "api", "sha256:9", "cache", "sha256:1") == "sha256:1"


def test_a_stopped_container_is_marked(engine):
    engine.has("web sha256:1 true", "web sha256:1 false", "assets sha256:2 false")
    assert (
        engine.says("running", "shop", "web", "sha256:1", "assets", "sha256:2-stopped")
        == "sha256:1-stopped\nsha256:2-stopped"
    )
    assert engine.says("images", "shop", "web", "sha256:1") == "sha256:1"


QUESTIONS = [
    (name, "shop", "web", "sha256:1") for name in ("absent", "attached", "images", "running")
]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question[0])
def test_an_engine_that_does_not_answer_proves_nothing(engine, question):
    (engine.root / "down").touch()
    status, out = engine.run(*question)
    assert (status != 0, out) == (True, "")


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question[0])
def test_containers_that_cannot_be_read_prove_nothing(engine, question):
    engine.has("api sha256:a true")
    (engine.root / "mute").touch()
    status, out = engine.run(*question)
    assert (status != 0, out) == (True, "")


SHOW = ("sh", "-c", 'echo "$ROLLBACK_STATE" "$@"', "sh")


def test_compose_gets_the_folder_of_the_releases_env_files(engine):
    state = engine.root / "state" / "app"
    assert (
        engine.says("compose", "state/app", *SHOW, "stop", "two words") == f"{state} stop two words"
    )
    assert "ROLLBACK_STATE" not in os.environ and engine.asked == ""
    engine.made()
    assert engine.says("compose_up", "shop", "state/app", *SHOW, "up", "web") == f"{state} up web"


def test_compose_that_fails_is_a_failure(engine):
    engine.made()
    assert engine.run("compose", "state/app", "sh", "-c", "exit 3") == (3, "")
    assert engine.run("compose_up", "shop", "state/app", "sh", "-c", "exit 3") == (3, "")


def test_leftover_replacements_of_a_killed_compose_are_removed_first(engine):
    engine.made("new1 old1", "new2 old2", "new3 old3", here="old1 old3")
    engine.run("compose_up", "shop", "state/app", "docker", "compose", "up", "web")
    rows = engine.asked.splitlines()
    assert "--filter label=com.docker.compose.project=shop" in rows[0]
    assert "--filter status=created" in rows[0]
    assert [row for row in rows if row.startswith("rm ")] == ["rm new1", "rm new3"]
    assert rows[-1] == "compose up web"


def test_a_container_whose_predecessor_is_gone_is_kept(engine):
    engine.made("new1 old1")
    engine.run("compose_up", "shop", "state/app", "docker", "compose", "up", "web")
    assert "rm new1" not in engine.asked


def test_an_engine_that_does_not_answer_starts_nothing(engine):
    (engine.root / "down").touch()
    status, _ = engine.run("compose_up", "shop", "state/app", "docker", "compose", "up", "web")
    assert status != 0 and "compose up" not in engine.asked
