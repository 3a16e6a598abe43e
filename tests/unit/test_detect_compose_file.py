"""COMPOSE_FILE in .env: the files that it names are one project, whatever their names are."""

from __future__ import annotations

import pytest

from rollback.flow import detect

pytestmark = pytest.mark.programs

BASE = "services:\n  web:\n    image: acme/shop:v1\n"
KEPT_UP = "services:\n  web:\n    restart: always\n"


@pytest.fixture
def project(tmp_path):
    (tmp_path / "base.yml").write_text(BASE)
    (tmp_path / "live.yml").write_text(KEPT_UP)
    return tmp_path


@pytest.mark.parametrize(
    "line",
    ["COMPOSE_FILE=base.yml:live.yml", 'export COMPOSE_FILE="./base.yml;live.yml"  # both'],
)
def test_files_of_any_name_are_compose_files_where_it_names_them(project, line):
    assert detect.look(project).platforms == ()
    (project / ".env").write_text(f"TAG=v1\n{line}\n")
    (found,) = detect.look(project).platforms
    assert (found.platform, found.path) == ("docker-compose", "base.yml")
    assert "COMPOSE_FILE in .env names it" in found.reasons


def test_a_developers_set_of_files_is_weak(project):
    (project / "compose.dev.yaml").write_text(KEPT_UP)
    (project / ".env").write_text("COMPOSE_FILE=base.yml:compose.dev.yaml\n")
    detection = detect.look(project)
    assert detection.platforms == ()
    assert [row.platform for row in detection.weak] == ["docker-compose"]


def test_a_file_that_it_names_and_that_is_not_there_is_no_evidence(project):
    (project / ".env").write_text("COMPOSE_FILE=gone.yml\n")
    assert detect.look(project).platforms == ()
