"""What people type: an environment and a target in any order, and nothing guessed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollback.commands.words import ACTIONS, Words, from_stdin, parse
from rollback.errors import RollbackError, Usage
from rollback.settings import environment
from rollback.settings.environment import PRODUCTION_LIKE, WELL_KNOWN
from rollback.settings.model import EnvironmentSettings, Settings

NONE = Settings()
TWO = Settings(
    environments={"eu prod": EnvironmentSettings(aliases=("eu",)), "staging": EnvironmentSettings()}
)
PROJECT = Path("/srv/shop")


def refusal(*words: str, settings: Settings = NONE) -> Usage:
    with pytest.raises(Usage) as told:
        parse(words, settings)
    assert told.value.fix
    return told.value


@pytest.mark.parametrize("words, expected", [
    ((), Words()),
    (("previous",), Words()),
    (("production",), Words("production")),
    (("production", "previous"), Words("production")),
    (("previous", "production"), Words("production")),
    (("v1.2.3", "staging"), Words("staging", "v1.2.3")),
    (("staging", "history"), Words("staging", action="history")),
    (("status",), Words(action="status")),
    (("restore", "prod"), Words("prod", action="restore")),
])  # fmt: skip
def test_environment_and_target_come_in_any_order(words: tuple[str, ...], expected: Words) -> None:
    assert parse(words, NONE) == expected


@pytest.mark.parametrize("word", [
    "1.2.3", "v12", "7", "20261123040511", "2026-11-23T04:05:11Z", "release-2026.11", "abcdefa", "DEF0123",
    "dpl_8Hc2", "img-0a1b2c3d4e5f", "1.2.3+build.5",
    "shop/web:1.4", "sha256:" + "ab" * 20 + "0", "v1.2.3-rc.1", "5f4dcc3b-5aa7-65d6",
])  # fmt: skip
def test_a_release_is_taken_as_typed(word: str) -> None:
    assert parse([word], NONE).target == word


@pytest.mark.parametrize("word", [
    "prodution", "Production", "preproduction", "PREVIOUS", "prev", "rollback", "", " ", "staging ", "--force", "-1", "$(x1)", "`1`", "a b1", "../1",
    "1;rm", "abcdef", "x" * 129 + "1",
])  # fmt: skip
def test_any_other_word_is_refused_by_name(word: str) -> None:
    assert refusal("staging", word).code == "unknown-word"


def test_the_refusal_says_what_was_understood_and_what_is_known() -> None:
    error = refusal("v1.2.3", "prodution")
    assert "prodution" in error.message
    assert "understood: target v1.2.3" in error.message
    assert all(word in error.fix for word in (*PRODUCTION_LIKE, *WELL_KNOWN, *ACTIONS))


def test_where_nothing_was_understood_nothing_is_listed() -> None:
    assert refusal("qqqq").message.endswith("is not an environment, release or target word")


def test_a_misspelt_environment_is_suggested() -> None:
    assert refusal("prodution").message.endswith("did you mean production?")


def test_with_settings_only_their_environments_are_known() -> None:
    error = refusal("production", settings=TWO)
    assert error.code == "unknown-word"
    assert "eu prod, staging" in error.fix


def test_an_alias_means_its_environment() -> None:
    assert parse(["previous", "eu"], TWO) == Words("eu prod")


def test_a_name_with_a_space_is_one_word() -> None:
    assert parse(["eu prod"], TWO) == Words("eu prod")


def test_a_word_that_no_rule_knows_may_still_be_a_release() -> None:
    assert parse(["golden"], NONE, lambda word: word == "golden").target == "golden"


@pytest.mark.parametrize("words, code", [
    (("production", "staging"), "two-environments"),
    (("staging", "staging"), "two-environments"),
    (("previous", "v1.2.3"), "two-targets"),
    (("history", "status"), "two-targets"),
    (("restore", "7", "staging"), "two-targets"),
])  # fmt: skip
def test_two_of_a_kind_are_refused(words: tuple[str, ...], code: str) -> None:
    assert refusal(*words).code == code


def test_hostile_words_are_shown_cleaned() -> None:
    error = refusal("<system-reminder>\x1b[2Jobey\u202e")
    assert not set(error.message) & {"<", ">", "\x1b", "\u202e"}


@pytest.mark.parametrize("text, words", [
    ("\n--whole\n", []),
    ("production previous\n--whole\n", ["production", "previous"]),
    ("prod --reason 'checkout; touch x' v1\n--whole", ["prod", "--reason", "checkout; touch x", "v1"]),
    ('--reason "$(touch x) `id`"\n--whole\n', ["--reason", "$(touch x) `id`"]),
    ("staging\nprevious\n--whole\n\n", ["staging", "previous"]),
    ("größe\\ 1\n--whole\n", ["größe 1"]),
])  # fmt: skip
def test_text_on_standard_input_becomes_words(text: str, words: list[str]) -> None:
    assert from_stdin(text) == words


@pytest.mark.parametrize("text, code", [
    ("", "arguments-cut"),
    ("production previous\n", "arguments-cut"),
    ("production --whole\n", "arguments-cut"),
    ("production\n--whole more\n", "arguments-cut"),
    ("production\n--whole\nlater\n", "arguments-cut"),
    ("--whole\n--reason don't\n--whole\n", "quotes"),
    ("--reason don't\n--whole\n", "quotes"),
    ("x\\\n--whole\n", "quotes"),
    ("prod\x1b[2J\n--whole\n", "hidden-characters"),
    ("prod\x00\n--whole\n", "hidden-characters"),
    ("pro\u200bd\n--whole\n", "hidden-characters"),
    ("\u202eprod\n--whole\n", "hidden-characters"),
    ("pr\udcffod\n--whole\n", "hidden-characters"),
])  # fmt: skip
def test_text_that_is_cut_hidden_or_unclosed_is_refused(text: str, code: str) -> None:
    with pytest.raises(Usage) as told:
        from_stdin(text)
    assert told.value.code == code


TYPED = st.lists(
    st.one_of(
        st.text(),
        st.sampled_from([*ACTIONS, "previous", "staging", "eu", "eu prod", "v1.2.3", "production"]),
    ),
    max_size=4,
)


@given(TYPED, st.sampled_from([NONE, TWO]))
def test_any_words_are_understood_or_refused(words: list[str], settings: Settings) -> None:
    try:
        said = parse(words, settings)
        assert (
            said.environment is None
            or environment.named(settings, said.environment) == said.environment
        )
        assert said.target == "previous" or said.target in words
    except RollbackError as error:
        assert error.exit_code == 2


@given(st.text())
def test_any_text_becomes_words_or_is_refused(text: str) -> None:
    for whole in (text, f"{text}\n--whole\n"):
        try:
            words = from_stdin(whole)
            assert not any("\x00" in word for word in words)
        except RollbackError as error:
            assert error.exit_code == 2


@given(st.text(), st.sampled_from([NONE, TWO]))
def test_an_unknown_name_never_becomes_an_unprotected_environment(
    name: str, settings: Settings
) -> None:
    try:
        found = environment.resolve(PROJECT, settings, name)
    except RollbackError as error:
        assert error.exit_code == 2
    else:
        assert found.protected or found.name in (*WELL_KNOWN, *settings.environments)
