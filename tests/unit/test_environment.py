"""Which environment is meant, and whether it is protected."""

from __future__ import annotations

from pathlib import Path

import pytest

from rollback.errors import Usage
from rollback.settings.environment import PRODUCTION_LIKE, WELL_KNOWN, resolve
from rollback.settings.model import EnvironmentSettings, Settings

PROJECT = Path("/srv/shop")
PLAIN = EnvironmentSettings()


def test_without_settings_it_is_production_protected_and_assumed() -> None:
    found = resolve(PROJECT, Settings(), None)
    assert (found.name, found.protected, found.assumed, found.project) == (
        "production",
        True,
        True,
        PROJECT,
    )


@pytest.mark.parametrize("name", PRODUCTION_LIKE)
def test_without_settings_production_like_names_are_protected(name: str) -> None:
    assert resolve(PROJECT, Settings(), name).protected


@pytest.mark.parametrize("name", WELL_KNOWN)
def test_without_settings_the_other_well_known_names_are_not(name: str) -> None:
    found = resolve(PROJECT, Settings(), name)
    assert (found.protected, found.assumed) == (False, True)


@pytest.mark.parametrize(
    "name", ["prodution", "preproduction", "Production", "uat", "", "staging2", "production "]
)
def test_without_settings_no_other_name_is_accepted(name: str) -> None:
    with pytest.raises(Usage) as told:
        resolve(PROJECT, Settings(), name)
    assert told.value.code == "unknown-environment"
    assert "staging" in told.value.fix


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        (Settings(), "stagging"),
        (Settings(environments={"staging": PLAIN, "live": PLAIN}), "stagging"),
    ],
)
def test_a_slip_of_the_keyboard_is_recognised(settings: Settings, name: str) -> None:
    with pytest.raises(Usage, match=r"did you mean staging\?"):
        resolve(PROJECT, settings, name)


def test_the_only_one_configured_is_meant_when_none_is_named() -> None:
    found = resolve(PROJECT, Settings(environments={"staging": PLAIN}), None)
    assert (found.name, found.assumed) == ("staging", False)


def test_the_default_is_meant_when_there_are_several() -> None:
    assert resolve(PROJECT, Settings("b", {"a": PLAIN, "b": PLAIN}), None).name == "b"


def test_without_a_default_several_are_listed() -> None:
    with pytest.raises(Usage, match="a, b") as told:
        resolve(PROJECT, Settings(environments={"a": PLAIN, "b": PLAIN}), None)
    assert told.value.code == "which-environment"


def test_a_name_is_exact_or_an_alias() -> None:
    settings = Settings(environments={"staging": EnvironmentSettings(aliases=("stage",))})
    assert resolve(PROJECT, settings, "stage").name == "staging"
    for name in ("Staging", "stag", "staging2", "stage-2", "production", "dev"):
        with pytest.raises(Usage, match="not an environment of this project"):
            resolve(PROJECT, settings, name)


@pytest.mark.parametrize("name, own, protected", [
    ("production", PLAIN, True),
    ("production", EnvironmentSettings(protected=False), False),
    ("main", EnvironmentSettings(aliases=("prod",)), True),
    ("main", EnvironmentSettings(aliases=("prod",), protected=False), False),
    ("staging", PLAIN, False),
    ("staging", EnvironmentSettings(protected=True), True),
    ("preproduction", PLAIN, False),
])  # fmt: skip
def test_a_production_like_name_is_protected_unless_settings_say_otherwise(
    name: str, own: EnvironmentSettings, protected: bool
) -> None:
    assert resolve(PROJECT, Settings(environments={name: own}), None).protected is protected
