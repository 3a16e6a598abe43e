"""Images of ECS in registries elsewhere, under tags, and of releases that nobody recorded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ecs_recorded
import pytest
from ecs_recorded import Account, about_images

TWO = {"shop": ["shop:8 SUCCESSFUL 1d", "shop:7 SUCCESSFUL 9d"]}
REPOSITORY = "111122223333.dkr.ecr.us-east-1.amazonaws.com/shop"


def named(monkeypatch: pytest.MonkeyPatch, repository: str, tag: str = "") -> None:
    """The image of every task definition: its number is its tag, unless one is given."""

    def image_of(name: str) -> str:
        return f"{repository}:{tag or 'v' + name.partition(':')[2]}"

    monkeypatch.setattr(ecs_recorded, "image_of", image_of)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The regions whose registry was asked."""
    regions: list[str] = []

    def at(account: Account, region: str) -> Account:
        regions.append(region)
        return account

    monkeypatch.setattr(Account, "at", at)
    yield regions


def about(account: Account) -> dict[str, tuple[str, str]]:
    rows = about_images(account, "shop:7")
    return {row.code: (row.level, row.message) for row in rows}


@pytest.mark.parametrize("repository", [REPOSITORY, "111122223333.dkr-ecr.us-east-1.on.aws/shop"])
def test_an_image_is_looked_up_in_the_region_of_its_registry(
    repository: str, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    named(monkeypatch, repository)
    assert about(Account(TWO, registry={}))["artifact-gone"][0] == "blocker"
    assert asked == ["us-east-1"]


@pytest.mark.parametrize(("tag", "level"), [("latest", "warning"), ("v7", "note")])
def test_a_tag_whose_bytes_nobody_recorded_is_told_in_ecr_too(
    tag: str, level: str, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A definition that serves under an image of ECS without digests, as CodeDeploy's do."""
    named(monkeypatch, REPOSITORY, tag)
    monkeypatch.setattr(ecs_recorded, "digest_of", lambda name: "")
    known = about(Account(TWO, registry={tag: "sha256:" + "1" * 64}))
    assert known["digest-unknown"][0] == level and tag in known["digest-unknown"][1]


def test_the_image_of_a_guess_is_read_from_its_definition(
    asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where ECS tells no history, a release is a registered number, and nothing more."""
    named(monkeypatch, REPOSITORY)
    refused: Any = {"list_service_deployments": "AccessDeniedException"}
    account = Account({"shop": ["shop:8 SUCCESSFUL 1d"]}, registered=["shop:7"], refusals=refused)
    assert set(about(account)) == {"artifact-gone", "digest-unknown"}
    assert "describe_task_definition" in account.requests


def test_images_of_a_guess_that_cannot_be_read_are_not_taken_for_present(asked: list[str]) -> None:
    denied = dict.fromkeys(
        ("list_service_deployments", "describe_task_definition"), "AccessDeniedException"
    )
    account = Account({"shop": ["shop:8 SUCCESSFUL 1d"]}, registered=["shop:7"], refusals=denied)
    (level, message) = about(account)["image-unknown"]
    assert level == "warning" and "shop:7" in message and asked == []
