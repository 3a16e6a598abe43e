"""The names of a release's files in state/: plain, and leading back to their originals."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from compose_recorded import project
from hypothesis import given
from hypothesis import strategies as st

from rollback.platforms.docker_compose.definition import state_files
from rollback.platforms.docker_compose.definition.source import Source
from rollback.platforms.docker_compose.details import Details

FOLDER = Path("/srv/shop")
ENV = ["/srv/shop/.env", "/srv/shop/more.env"]
OLD, NEW = project(version="1.29.2"), project(version="2.26.1")
PLAIN = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
NAMES = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=("Cs",)), min_size=1
).filter(lambda name: name.strip("."))


def names(paths: list[Path], details: Details, side: str = "to") -> list[str]:
    return state_files.names(side, Source(tuple((str(path), "") for path in paths)), details)


def with_env(paths: list[str], in_git: list[str]) -> Source:
    return Source((), (), tuple((path, "") for path in paths), tuple(in_git))


def is_short(name: str) -> bool:
    """Whether a name tells only that there were too many files."""
    return re.fullmatch(r"(to|now)\._files\.[0-9a-f]{12}\.yaml", name) is not None


def behind(name: str) -> list[Path] | None:
    """The files that a container's label leads to, were it started from this copy."""
    state = Path("/srv/shop/.rollback-checkpoint-1/state/app")
    return state_files.originals(FOLDER, state / name)


@given(st.lists(NAMES, min_size=1, max_size=3))
def test_the_name_of_a_copy_is_plain_and_leads_back_to_its_originals(written):
    paths = [FOLDER / written[0], *(FOLDER / "deploy" / name for name in written[1:])]
    (merged,) = names(paths, NEW)
    assert set(merged) <= PLAIN
    assert len(merged) <= 210
    assert behind(merged) == ([] if is_short(merged) else paths)
    copies = names(paths, OLD)
    assert all(set(name) <= PLAIN for name in copies)
    assert [behind(name) for name in copies] == [[path] for path in paths]


@pytest.mark.parametrize("details", [OLD, NEW], ids=["v1", "v2"])
def test_odd_names_lead_back_too(details):
    odd = [
        "a_b.yml",
        "a__b.yml",
        "~.yml",
        "50%.yml",
        "_7E.yml",
        "two words.yml",
        "to.yml",
        "é.yml",
        "-f.yml",
        "_.yml",
    ]
    paths = [FOLDER / name for name in odd] + [Path("/etc/shop/compose.yml")]
    copies = names(paths, details, "now")
    assert [path for name in copies for path in behind(name) or ()] == paths
    assert set("".join(copies)) <= PLAIN


def test_different_files_have_different_copies():
    pairs = [
        (FOLDER / "a" / "b.yml", FOLDER / "a_b.yml"),
        (FOLDER / "a_2Fb.yml", FOLDER / "a" / "b.yml"),
    ]
    for one, other in pairs:
        assert names([one], NEW) != names([other], NEW)


def test_files_that_compose_v1_finds_by_relative_paths_stay_where_they_are():
    text = "services: {web: {extends: {file: b.yml, service: web}}}\n"
    given_files = Source((("/srv/shop/a.yml", text),), (("/srv/shop/b.yml", "services: {}\n"),))
    assert state_files.names("to", given_files, OLD) == ["/srv/shop/a.yml"]
    assert state_files.names("to", given_files, NEW) == ["to.a.yml"]


def test_env_files_are_copied_and_lead_back():
    both, one = with_env(ENV, in_git=ENV), with_env(ENV[:1], in_git=ENV[:1])
    assert state_files.env_names("to", both, NEW) == ["to-env..env", "to-env.more.env"]
    assert state_files.env_names("to", both, OLD) == []  # Compose v1 takes one
    assert state_files.env_names("to", one, OLD) == ["to-env..env"]
    assert behind("to-env..env") == [FOLDER / ".env"]


def test_an_untracked_env_file_stays_where_it_is():
    """It may hold secrets."""
    found = with_env(ENV, in_git=ENV[:1])
    for details in (NEW, OLD):
        assert state_files.copied("now", found, details) == {ENV[0]: "now-env..env"}
    names = ["now-env..env", "/srv/shop/more.env"]
    assert state_files.env_names("now", found, NEW) == names
    assert state_files.env_names("to", with_env(ENV[:1], in_git=[]), OLD) == ["/srv/shop/.env"]


def test_pins_have_no_originals():
    assert behind("to-pins.json") == [] and behind("now-pins.json") == []
    assert state_files.originals(FOLDER, FOLDER / "compose.yaml") is None


def test_a_project_file_called_pins_leads_back():
    for details in (OLD, NEW):
        (copy,) = names([FOLDER / "pins.json"], details)
        assert copy == "to.pins.json" and behind(copy) == [FOLDER / "pins.json"]


@pytest.mark.parametrize(
    "path",
    [
        "state/to.compose.yaml",
        "state/app/to.compose.yaml",
        "state/now-pins.json",
        "other/state/to.compose.yaml",
        "to.compose.yaml",
        ".rollback-checkpoint-1/to.compose.yaml",
        ".rollback-checkpoint-1/other/to.compose.yaml",
        ".rollback-checkpoint-1/state/app/deep/to.compose.yaml",
        ".rollback-checkpoint-1/state/compose.yaml",
        ".rollback-checkpoint-1/state/to",
        "rollback-checkpoint-1/state/to.compose.yaml",
    ],
)
def test_only_files_in_the_state_of_a_run_are_copies(path):
    assert state_files.originals(FOLDER, FOLDER / path) is None


def test_copies_are_known_wherever_the_run_folder_lies():
    state = Path("/elsewhere/.rollback-checkpoint-20261124/state")
    for folder in (state / "app", state):  # earlier versions knew no components
        path = folder / "now.deploy_2Fweb.yaml"
        assert state_files.originals(FOLDER, path) == [FOLDER / "deploy" / "web.yaml"]


def test_names_of_too_many_files_are_cut_and_have_no_originals():
    many = [FOLDER / f"part-{number:02}.yaml" for number in range(20)]
    (name,) = names(many, NEW)
    assert is_short(name) and behind(name) == []
    assert names(many, NEW, "now") == [name.replace("to.", "now.", 1)]
    assert names(many[::-1], NEW) != [name]  # the order of -f files counts
    assert all(behind(copy) == [path] for copy, path in zip(names(many, OLD), many, strict=True))


@pytest.mark.parametrize(("length", "short"), [(200, False), (201, True)])
def test_a_name_may_have_two_hundred_characters(length, short):
    (name,) = names([FOLDER / f"{'a' * (length - 5)}.yaml"], NEW)
    assert is_short(name) is short


def test_no_file_of_a_project_is_taken_for_a_cut_name():
    odd = [FOLDER / "_files.0123456789ab.yaml", FOLDER / "_files.yaml"]
    assert behind(*names(odd, NEW)) == odd


@pytest.mark.parametrize("version", ["1.29.2", "2.0.0", "2.25.0"])
def test_a_compose_that_cannot_merge_gets_copies(version):
    assert state_files.is_old(project(version=version))


@pytest.mark.parametrize("version", ["2.26.0", "2.26.1-4", "2.40.3", "5.0.1", "dev"])
def test_a_compose_that_can_merge_gets_one_file(version):
    assert not state_files.is_old(project(version=version))
