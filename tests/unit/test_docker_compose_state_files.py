"""The names of a release's files in state/: plain, and leading back to their originals."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.platforms.docker_compose import state_files
from rollback.platforms.docker_compose.source import Source

FOLDER = Path("/srv/shop")
OLD, NEW = (
    {"folder": str(FOLDER), "directory": str(FOLDER), "tool_version": version}
    for version in ("1.29.2", "2.26.1")
)
PLAIN = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
NAMES = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=("Cs",)), min_size=1
).filter(lambda name: name.strip("."))


def names(paths: list[Path], details: dict[str, str], side: str = "to") -> list[str]:
    return state_files.names(side, Source(tuple((str(path), "") for path in paths)), details)


def behind(name: str) -> list[Path] | None:
    """The files that a container's label leads to, were it started from this copy."""
    return state_files.originals(FOLDER, Path("/srv/shop/.rollback-checkpoint-1") / name)


@given(st.lists(NAMES, min_size=1, max_size=3))
def test_the_name_of_a_copy_is_plain_and_leads_back_to_its_originals(written):
    paths = [FOLDER / written[0], *(FOLDER / "deploy" / name for name in written[1:])]
    (merged,) = names(paths, NEW)
    assert set(merged.removeprefix("state/")) <= PLAIN
    assert behind(merged) == paths
    copies = names(paths, OLD)
    assert all(set(name.removeprefix("state/")) <= PLAIN for name in copies)
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
    assert set("".join(copies).replace("state/", "")) <= PLAIN


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
    assert state_files.names("to", given_files, NEW) == ["state/to.a.yml"]


def test_env_files_are_copied_and_lead_back():
    env = tuple((f"/srv/shop/{name}", "") for name in (".env", "more.env"))
    assert state_files.env_names("to", Source((), (), env), NEW) == [
        "state/to-env..env",
        "state/to-env.more.env",
    ]
    assert state_files.env_names("to", Source((), (), env), OLD) == []  # Compose v1 takes one
    assert state_files.env_names("to", Source((), (), env[:1]), OLD) == ["state/to-env..env"]
    assert behind("state/to-env..env") == [FOLDER / ".env"]


def test_labels_lead_to_files_and_our_pins_to_none():
    assert behind("state/to.pins.json") == [] and behind("state/now.pins.json") == []
    assert state_files.originals(FOLDER, FOLDER / "compose.yaml") is None
    assert state_files.originals(FOLDER, FOLDER / "state" / "other.yaml") is None
    assert state_files.originals(FOLDER, FOLDER / "elsewhere" / "to.compose.yaml") is None


@pytest.mark.parametrize("version", ["1.29.2", "2.0.0", "2.25.0"])
def test_a_compose_that_cannot_merge_gets_copies(version):
    assert state_files.is_old({"tool_version": version})


@pytest.mark.parametrize("version", ["2.26.0", "2.26.1-4", "2.40.3", "5.0.1", "dev"])
def test_a_compose_that_can_merge_gets_one_file(version):
    assert not state_files.is_old({"tool_version": version})
