"""Compose files as written: variables, what one file takes from another, names of copies."""

from __future__ import annotations

from pathlib import Path

import pytest

from rollback.errors import Unreadable
from rollback.platforms.docker_compose.definition import files, variables
from rollback.platforms.docker_compose.definition import source as sources
from rollback.platforms.docker_compose.definition.source import Source
from rollback.platforms.docker_compose.definition.variables import interpolate
from rollback.platforms.docker_compose.engine.images import split

VALUES = {"TAG": "v2", "EMPTY": ""}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("shop:$TAG", "shop:v2"),
        ("shop:${TAG}", "shop:v2"),
        ("shop:${TAG:-latest}", "shop:v2"),
        ("shop:${OTHER:-latest}", "shop:latest"),
        ("shop:${EMPTY-latest}", "shop:"),
        ("shop:${EMPTY:-latest}", "shop:latest"),
        ("shop:${OTHER}", None),
        ("shop:${OTHER:?say which}", None),
        ("shop:${EMPTY:?say which}", None),
        ("shop${TAG:+-debug}", "shop-debug"),
        ("shop${OTHER:+-debug}", "shop"),
        ("shop:${OTHER:-${TAG}}", "shop:v2"),
        ("shop:$$TAG", "shop:$TAG"),
        ("shop:v1", "shop:v1"),
    ],
)
def test_variables_mean_what_they_mean_to_compose(written, meant):
    assert interpolate(written, VALUES) == meant


def test_later_files_win_and_a_service_takes_over_what_it_extends():
    web = "web: {image: 'shop:v1', restart: always}"
    base = f"services:\n  {web}\n  worker: {{extends: web, command: work}}\n"
    services = Source(
        (("a.yml", base), ("b.yml", "services: {web: {image: 'shop:v2'}}\n"))
    ).services()
    assert services["web"] == {"image": "shop:v2", "restart": "always"}
    assert services["worker"]["image"] == "shop:v2" and services["worker"]["command"] == "work"


def test_tags_of_compose_itself_are_no_obstacle():
    keys = "image: shop\n    ports: !override ['80:80']\n    depends_on: !reset null\n"
    text = f"services:\n  web:\n    {keys}"
    assert Source((("a.yml", text),)).services()["web"]["ports"] == ["80:80"]


@pytest.mark.parametrize("text", ["services: [", "services: {a: &x [*x]}\n\t", "a: b: c"])
def test_invalid_yaml_is_an_error_that_names_the_file(text):
    with pytest.raises(Unreadable, match=r"a\.yml"):
        Source((("a.yml", text),)).services()


@pytest.mark.parametrize(
    "text", ["", "[]", "services: nothing", "services: {web: nothing}", "web: {image: shop}"]
)
def test_a_file_without_services_has_none(text):
    assert Source((("a.yml", text),)).services() == {}


WEB = "services: {web: {image: 'shop:v1', command: web}}\n"
WORKER = "services: {worker: {image: 'worker:v1'}}\n"


def project(text: str, **beside: str) -> Source:
    """/srv/a.yml with files beside it."""
    return Source(
        (("/srv/a.yml", text),), tuple((f"/srv/{name}.yml", text) for name, text in beside.items())
    )


@pytest.mark.parametrize(
    "include",
    [
        "[b.yml, c.yml]",
        "[{path: b.yml}, ./c.yml]",
        "[{path: [b.yml, c.yml]}]",
        "[{path: ../srv/b.yml}, {path: c.yml}]",
    ],
)
def test_included_files_belong_to_the_project(include):
    found = project(f"include: {include}\nservices: {{own: {{image: x}}}}\n", b=WEB, c=WORKER)
    assert sorted(found.services()) == ["own", "web", "worker"]
    assert sources.named_by(found.files) == {"/srv/b.yml", "/srv/c.yml"}
    assert found.missing() == []


def test_an_included_file_may_include_others_relative_to_itself():
    inner = ("/srv/sub/b.yml", "include: [deep/c.yml]\n")
    deep = ("/srv/sub/deep/c.yml", WORKER)
    found = Source((("/srv/a.yml", "include: [sub/b.yml]\n"),), (inner, deep))
    assert sorted(found.services()) == ["worker"] and found.missing() == []


def test_a_file_wins_over_what_it_includes():
    text = "include: [b.yml]\nservices: {web: {image: 'shop:v2'}}\n"
    assert project(text, b=WEB).services()["web"] == {"image": "shop:v2", "command": "web"}


def test_a_service_may_extend_a_service_of_another_file():
    text = "services: {api: {extends: {file: b.yml, service: web}, command: api}}\n"
    services = project(text, b=WEB).services()
    assert list(services) == ["api"]
    assert (services["api"]["image"], services["api"]["command"]) == ("shop:v1", "api")


def test_the_other_file_may_extend_a_service_of_its_own():
    base = "services:\n  base: {image: 'shop:v1'}\n  web: {extends: base}\n"
    text = "services: {api: {extends: {file: b.yml, service: web}}}\n"
    assert project(text, b=base).services()["api"]["image"] == "shop:v1"


def test_files_that_include_each_other_come_to_an_end():
    found = project("include: [b.yml]\n", b="include: [a.yml]\nservices: {web: {image: x}}\n")
    assert list(found.services()) == ["web"]


def test_files_that_a_project_names_and_does_not_have_are_missing():
    text = "include: [b.yml]\nservices: {api: {extends: {file: c.yml, service: web}}}\n"
    assert project(text).missing() == ["/srv/b.yml", "/srv/c.yml"]
    assert project(text, b=WEB).missing() == ["/srv/c.yml"]
    assert project("include: [b.yml]\n", b="include: [d.yml]\n").missing() == ["/srv/d.yml"]


def test_a_path_with_a_variable_or_of_another_host_is_left_to_compose():
    text = "include: ['${DIR}/b.yml', 'https://example.org/c.git', {path: '$DIR/d.yml'}]\n"
    assert sources.named_by([("/srv/a.yml", text)]) == set() and project(text).missing() == []


@pytest.mark.parametrize(
    "written", ["web.env", "[web.env]", "[{path: ./web.env, required: false}]"]
)
def test_env_files_of_services_are_found(written):
    text = f"services: {{web: {{env_file: {written}}}}}\n"
    assert sources.variable_files([("/srv/a.yml", text)]) == {"/srv/web.env"}


def test_an_included_project_has_its_own_variables():
    text = "include: [{path: sub/b.yml}, {path: c.yml, env_file: other.env}]\n"
    assert sources.variable_files([("/srv/a.yml", text)]) == {"/srv/sub/.env", "/srv/other.env"}
    own, top = ("/srv/sub/.env", "TAG=v1\nONLY=1\n"), ("/srv/.env", "TAG=v2\n")
    assert Source((), (own,), (top,)).variables == {"TAG": "v2", "ONLY": "1"}


def test_included_files_are_read_from_disk_unless_known(tmp_path):
    (tmp_path / "b.yml").write_text("include: [c.yml]\n")
    (tmp_path / "c.yml").write_text(WEB)
    (tmp_path / "d.yml").write_text("services: {old: {image: x}}\n")
    top = [(str(tmp_path / "a.yml"), "include: [b.yml, d.yml]\n")]
    names = [Path(path).name for path, _ in files.beside(top, {})]
    assert sorted(names) == ["b.yml", "c.yml", "d.yml"]
    known = {str(tmp_path / "b.yml"): WORKER, str(tmp_path / "d.yml"): None}
    assert files.beside(top, known) == ((str(tmp_path / "b.yml"), WORKER),)


def test_variables_that_only_name_the_image_need_no_value():
    services = {
        "web": {
            "image": "shop:${TAG}",
            "environment": {"SECRET": "${SECRET}", "COLOR": "${COLOR:-red}"},
        },
        "other": {"command": "$OTHER"},
    }
    assert variables.required(services, ["web"]) == {"SECRET": {"web"}}


def test_variables_handed_through_by_name():
    assert variables.passed_through({"environment": ["A", "B=1"]}) == {"A"}
    assert variables.passed_through({"environment": {"A": None, "B": 1}}) == {"A"}


def test_an_env_file_is_read_as_compose_reads_it():
    text = "# comment\nTAG=v2\nexport A='x y'\nB=\"q\" # why\nC=plain # why\nnothing\n"
    assert variables.env_file(text) == {"TAG": "v2", "A": "x y", "B": "q", "C": "plain"}


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("shop:v1", ("shop", "v1")),
        ("shop", ("shop", "")),
        ("localhost:5000/shop", ("localhost:5000/shop", "")),
        ("localhost:5000/shop:v1", ("localhost:5000/shop", "v1")),
        ("sha256:abc", ("", "")),
        ("shop:v1@sha256:abc", ("shop", "")),
    ],
)
def test_references_are_taken_apart(reference, parts):
    assert split(reference) == parts
