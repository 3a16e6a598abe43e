"""Which services of a cluster are an application: named or tagged, never all of them unasked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ecs_recorded import CLUSTER, Account

from rollback.errors import RollbackError
from rollback.platforms.ecs import targets as read_targets
from rollback.platforms.ecs.settings import Settings
from rollback.settings.environment import Environment
from rollback.settings.model import EnvironmentSettings
from rollback.shell import Shell

SERVICES = {
    name: [f"{name}:2 SUCCESSFUL 1d", f"{name}:1 SUCCESSFUL 9d"]
    for name in ("web", "worker", "mail")
}


def read(
    monkeypatch: pytest.MonkeyPatch, account: Account, component: str = "app", **keys: Any
) -> Any:
    module = read_targets.__globals__
    monkeypatch.setitem(module, "connect", lambda shell, profile, region: account)
    environment = Environment(
        "production",
        True,
        Path("/"),
        EnvironmentSettings(),
        component=component,
        group=Settings(**keys),
    )
    return read_targets(environment, Shell(Path("/")))


def refused(monkeypatch: pytest.MonkeyPatch, account: Account, **keys: Any) -> RollbackError:
    with pytest.raises(RollbackError) as raised:
        read(monkeypatch, account, **keys)
    assert raised.value.fix
    return raised.value


def test_a_cluster_alone_is_answered_with_the_list_of_its_services(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    error = refused(monkeypatch, Account(SERVICES), cluster="prod")
    assert (error.code, error.exit_code) == ("which-services", 2)
    assert "mail, web, worker" in error.message


def test_without_a_cluster_those_of_the_region_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    error = refused(monkeypatch, Account(SERVICES))
    assert error.code == "which-cluster" and "prod, staging" in error.message


def test_named_services_are_one_target_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    (target,) = read(
        monkeypatch, Account(SERVICES), cluster="prod", services=("worker", "web", "worker")
    )
    assert [service.name for service in target.details.services] == ["worker", "web"]
    assert (target.app, target.where) == ("prod", CLUSTER)
    assert target.location == "ECS cluster prod, eu-central-1, account 111122223333"


def test_a_single_service_is_called_by_its_name_and_several_by_their_component(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (single,) = read(monkeypatch, Account(SERVICES), cluster="prod", services=("web",))
    (several,) = read(
        monkeypatch, Account(SERVICES), "api", cluster="prod", services=("web", "mail")
    )
    assert (single.app, several.app) == ("web", "api")


def test_tagged_services_have_all_of_the_tags(monkeypatch: pytest.MonkeyPatch) -> None:
    tags = {
        "web": {"app": "shop", "env": "prod"},
        "worker": {"app": "shop"},
        "mail": {"env": "prod"},
    }
    account = Account(SERVICES, tags=tags)
    (target,) = read(monkeypatch, account, cluster="prod", tags={"app": "shop", "env": "prod"})
    assert [service.name for service in target.details.services] == ["web"]
    error = refused(monkeypatch, account, cluster="prod", tags={"app": "none"})
    assert error.code == "no-such-service"


def test_services_and_tags_together_are_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    error = refused(
        monkeypatch, Account(SERVICES), cluster="prod", services=("web",), tags={"a": "b"}
    )
    assert (error.code, error.exit_code) == ("services-or-tags", 2)


def test_a_service_of_another_account_is_told_with_the_account_that_was_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    error = refused(monkeypatch, Account(SERVICES), cluster="prod", services=("web", "shop"))
    assert (error.code, error.exit_code) == ("no-such-service", 12)
    assert "no service shop" in error.message and "account 111122223333" in error.message


def test_a_cluster_of_another_account_is_told_with_the_account_that_was_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = Account(SERVICES, refusals={"describe_services": "ClusterNotFoundException"})
    error = refused(monkeypatch, account, cluster="prod", services=("web",))
    assert error.code == "no-such-cluster" and "account 111122223333" in error.message
