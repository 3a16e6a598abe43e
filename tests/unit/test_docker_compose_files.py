"""Compose files as written: variables, images, names of copies."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.errors import Unreadable
from rollback.platforms.docker_compose import payload, yaml_source
from rollback.platforms.docker_compose.local_images import split
from rollback.platforms.docker_compose.yaml_source import Source, interpolate

VALUES = {"TAG": "v2", "EMPTY": ""}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("shop:$TAG", "shop:v2"), ("shop:${TAG}", "shop:v2"), ("shop:${TAG:-latest}", "shop:v2"), ("shop:${OTHER:-latest}", "shop:latest"),
        ("shop:${EMPTY-latest}", "shop:"), ("shop:${EMPTY:-latest}", "shop:latest"), ("shop:${OTHER}", None), ("shop:${OTHER:?say which}", None),
        ("shop:${EMPTY:?say which}", None), ("shop${TAG:+-debug}", "shop-debug"), ("shop${OTHER:+-debug}", "shop"),
        ("shop:${OTHER:-${TAG}}", "shop:v2"), ("shop:$$TAG", "shop:$TAG"), ("shop:v1", "shop:v1"),
    ],
)  # fmt: skip
def test_variables_mean_what_they_mean_to_compose(written, meant):
    assert interpolate(written, VALUES) == meant


def test_later_files_win_and_a_service_takes_over_what_it_extends():
    base = "services:\n  web: {image: 'shop:v1', restart: always}\n  worker: {extends: web, command: work}\n"
    services = Source((("a.yml", base), ("b.yml", "services: {web: {image: 'shop:v2'}}\n"))).services()
    assert services["web"] == {"image": "shop:v2", "restart": "always"}
    assert services["worker"]["image"] == "shop:v2" and services["worker"]["command"] == "work"


def test_tags_of_compose_itself_are_no_obstacle():
    text = "services:\n  web:\n    image: shop\n    ports: !override ['80:80']\n    depends_on: !reset null\n"
    assert Source((("a.yml", text),)).services()["web"]["ports"] == ["80:80"]


@pytest.mark.parametrize("text", ["services: [", "services: {a: &x [*x]}\n\t", "a: b: c"])
def test_what_is_no_yaml_is_told_with_the_files_name(text):
    with pytest.raises(Unreadable, match=r"a\.yml"):
        Source((("a.yml", text),)).services()


@pytest.mark.parametrize("text", ["", "[]", "services: nothing", "services: {web: nothing}", "web: {image: shop}"])
def test_a_file_without_services_has_none(text):
    assert Source((("a.yml", text),)).services() == {}


def test_files_that_name_further_files_stay_where_they_are():
    assert Source((("a.yml", "include: [b.yml]\nservices: {}\n"),)).needs_neighbours()
    assert Source((("a.yml", "services: {web: {extends: {file: b.yml, service: web}}}\n"),)).needs_neighbours()
    assert not Source((("a.yml", "services: {web: {extends: {service: base}}, base: {image: shop}}\n"),)).needs_neighbours()


def test_variables_that_only_name_the_image_need_no_value():
    services = {"web": {"image": "shop:${TAG}", "environment": {"SECRET": "${SECRET}", "COLOR": "${COLOR:-red}"}}, "other": {"command": "$OTHER"}}
    assert yaml_source.required(services, ["web"]) == {"SECRET": {"web"}}


def test_variables_handed_through_by_name():
    assert yaml_source.passed_through({"environment": ["A", "B=1"]}) == {"A"}
    assert yaml_source.passed_through({"environment": {"A": None, "B": 1}}) == {"A"}


def test_an_env_file_is_read_as_compose_reads_it():
    text = "# comment\nTAG=v2\nexport A='x y'\nB=\"q\" # why\nC=plain # why\nnothing\n"
    assert yaml_source.env_file(text) == {"TAG": "v2", "A": "x y", "B": "q", "C": "plain"}


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("shop:v1", ("shop", "v1")), ("shop", ("shop", "")), ("localhost:5000/shop", ("localhost:5000/shop", "")),
        ("localhost:5000/shop:v1", ("localhost:5000/shop", "v1")), ("sha256:abc", ("", "")), ("shop:v1@sha256:abc", ("shop", "")),
    ],
)  # fmt: skip
def test_references_are_taken_apart(reference, parts):
    assert split(reference) == parts


@given(st.text(st.characters(exclude_characters="/\0", exclude_categories=("Cs",)), min_size=1).filter(lambda name: name not in (".", "..")))
def test_the_name_of_a_copy_is_plain_and_leads_back_to_its_original(name):
    folder = Path("/srv/shop")
    for path in (folder / name, folder / "deploy" / name):
        copy = payload.name("to", 0, folder, str(path))
        assert copy.isascii() and set(copy) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
        assert payload.original(folder, Path("/srv/shop/.rollback-checkpoint-1/state") / copy) == path


def test_labels_lead_to_files_and_our_pins_to_none():
    folder = Path("/srv/shop")
    assert payload.original(folder, folder / "compose.yaml") == folder / "compose.yaml"
    assert payload.original(folder, folder / "state" / "to.pins.json") is None
    assert payload.original(folder, folder / "-") is None
