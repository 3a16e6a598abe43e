"""Components in the settings: what each is, in which order they go, and how each mistake is reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from rollback.errors import Usage
from rollback.model.component_ids import APP
from rollback.settings import groups, load
from rollback.settings.environment import (
    Environment,
    components,
    group,
    resolve,
    with_platform,
)
from rollback.settings.model import HealthCheck

PROJECT = Path("/srv/shop")
HELM = groups.all_keys()["helm"]
KUBERNETES = groups.all_keys()["kubernetes"]


def environment(text: str) -> Environment:
    settings = load.parse(f"environments: {{qa: {{{text}}}}}".encode(), "settings.yml")
    return resolve(PROJECT, settings, "qa")


def listed(*components: str) -> str:
    """Components of these names; "b<a,c" is b after a and c."""
    rows = [name.partition("<") for name in components]
    each = (f"{{name: {name}, after: [{after}], helm: }}" for name, _, after in rows)
    return f"components: [{', '.join(each)}]"


def order(text: str) -> list[tuple[str, int]]:
    return [(each.component, stage) for each, stage in components(environment(text))]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["b", "a", "c"], [("b", 0), ("a", 1), ("c", 2)]),
        (["web<api", "api<db", "db"], [("db", 0), ("api", 1), ("web", 2)]),
        (["web", "api", "db<web,api"], [("web", 0), ("api", 0), ("db", 1)]),
        (["d<b,c", "b<a", "c", "a"], [("c", 0), ("a", 0), ("b", 1), ("d", 2)]),
        (["app"], [("app", 0)]),
    ],
)
def test_the_stage_is_the_depth_by_after_else_the_place_in_the_list(
    given: list[str], expected: list[tuple[str, int]]
) -> None:
    assert order(listed(*given)) == expected


def test_an_environment_without_components_is_one() -> None:
    whole = environment("helm: {namespace: shop}")
    assert components(whole) == [(whole, 0)]
    assert whole.component == APP


def test_a_component_has_its_own_keys_and_checks_only() -> None:
    whole = environment(
        "apps: [x], health: [{url: 'http://all'}], components: ["
        "{name: api, helm: {namespace: shop}, health: [{url: 'http://api'}]},"
        "{name: web, kubernetes: {context: east}}]"
    )
    (api, _), (web, _) = components(whole)
    assert (group(api, HELM).namespace, group(web, KUBERNETES).context) == ("shop", "east")
    assert (api.settings.platform, web.settings.platform) == ("helm", "kubernetes")
    assert api.settings.health == (HealthCheck("http://api"),)
    assert whole.settings.health == (HealthCheck("http://all"),)
    assert (web.settings.health, web.settings.apps, web.settings.components) == ((), ("x",), ())
    assert (web.name, web.protected, web.project) == (whole.name, whole.protected, PROJECT)
    assert with_platform(api, "helm") == api


def test_the_platform_that_detection_chose_decides_which_keys_count() -> None:
    whole = environment("namespace: shop")
    assert with_platform(whole, "helm").group == HELM(namespace="shop")
    assert with_platform(whole, "kubernetes").group == KUBERNETES(namespace="shop")
    with pytest.raises(Usage, match="has keys of helm, kubernetes, but this project deploys with"):
        with_platform(whole, "docker-compose")


def test_without_keys_a_platform_has_its_defaults() -> None:
    whole = environment("protected: true")
    assert with_platform(whole, "helm").group == HELM()
    assert group(whole, HELM) == HELM()
    assert with_platform(whole, "fly").group is None


def test_an_adapter_is_never_given_the_keys_of_another() -> None:
    with pytest.raises(AssertionError):
        group(with_platform(environment("namespace: shop"), "helm"), KUBERNETES)


@pytest.mark.parametrize(("text", "message"), [
    ("components: {}", "qa/components: should be a list"),
    ("components: {api: {}}", "qa/components: should be a list"),
    ("components: [api]", "qa/components/0: should be a mapping"),
    ("components: [{helm: }]", "qa/components/0/name: is missing"),
    ("components: [{name: 1, helm: }]", "qa/components/0/name: should be a string (put it in quotes)"),
    ("components: [{name: Api, helm: }]", 'qa/components/0/name: "Api" is not a valid component name'),
    ("components: [{name: a.b, helm: }]", "is not a valid component name"),
    ("components: [{name: -a, helm: }]", "is not a valid component name"),
    ("components: [{name: " + "a" * 41 + ", helm: }]", "qa/components/0/name: should be a string of length <= 40"),
    (listed("a", "b", "a"), 'qa/components/2/name: "a" is already a component'),
    (listed("a", "b<x"), 'qa/components/1/after/0: "x" is not a component of this environment'),
    (listed("a", "b<b"), 'qa/components/1/after: is circular: "b" after "b"'),
    (listed("z<a", "a<c", "b<a", "c<b"), 'after: is circular: "a" after "c" after "b" after "a"'),
    (listed("d", "a<d,b", "b<a"), 'qa/components/1/after: is circular: "a" after "b" after "a"'),
    ("components: [{name: a, after: b, helm: }]", "qa/components/0/after: should be a list"),
    ("components: [{name: a}]", "qa/components/0: names no platform"),
    ("components: [{name: a, helm: , compose: }]", "qa/components/0: names several platforms: helm, compose"),
    ("components: [{name: a, namespace: x}]", "qa/components/0/namespace: is not a known key"),
    ("components: [{name: a, platform: helm}]", "qa/components/0/platform: is not a known key"),
    ("components: [{name: a, database: {x: 1}, helm: }]", "qa/components/0/database/x: is not a known key"),
    ("components: [{name: a, helm: {workloads: [x]}}]", "qa/components/0/helm/workloads: is not a known key"),
    ("components: [{name: a, helm: {releases: [1]}}]", "qa/components/0/helm/releases/0: should be a string"),
    ("components: [{name: a, helm: , health: [{url: 'http://x', timout: 1}]}]", "qa/components/0/health/0/timout: is not"),
    ("helm: , " + listed("a"), "qa/helm: cannot be given together with components"),
    ("namespace: x, " + listed("a"), "qa/namespace: cannot be given together with components"),
    ("platform: helm, " + listed("a"), "qa/platform: cannot be given together with components"),
    ("infrastructure: {x: 1}, " + listed("a"), "qa/infrastructure/x: is not a known key"),
    ("infrastructure: {tool: pulumi}", "qa/infrastructure/tool: should be one of cloudformation, opentofu, terraform"),
    ("components: [{name: a, infrastructure: {}}]", "qa/components: has no application"),
    ("components: [{name: a, infrastructure: {}, helm: }]", "qa/components/0/helm: is not a known key"),
    ("components: [{name: a, after: [b], infrastructure: {}}, {name: b, after: [a], helm: }]", "qa/components/0/after: \"a\" goes back first"),
    ("components: [{name: a, infrastructure: {}}, {name: c, after: [a], infrastructure: {}}, {name: b, helm: }]",
     "qa/components/1/after/0: \"a\" is infrastructure, too"),
    (listed("web", "web-config"), 'qa/components/1/name: "web-config" is what a plan calls the configuration of "web"'),
    (listed("api-db", "api"), 'qa/components/0/name: "api-db" is what a plan calls the database of "api"'),
    (listed("api", "api-db-2"), 'what a plan calls the database of "api"'),
    (listed("app", "db"), 'what a plan calls the database of "app"'),
    (listed("db-backup"), 'qa/components/0/name: "db-backup" is what a plan calls the backups of databases'),
    ("infrastructure: {}, " + listed("a", "infrastructure"), 'qa/components/1/name: "infrastructure" is what a plan calls the env'),
])  # fmt: skip
def test_a_mistake_is_reported_with_its_path(text: str, message: str) -> None:
    with pytest.raises(Usage) as caught:
        environment(text)
    assert caught.value.code == "settings-invalid"
    assert message in caught.value.message
    assert caught.value.fix


def test_a_name_that_no_plan_gives_to_something_else_is_fine() -> None:
    for names in (("web-config", "api-db"), ("db", "api"), ("infrastructure", "web", "db-2")):
        assert [name for name, _ in order(listed(*names))] == list(names)
    infra = "{name: web-config, infrastructure: {}}, {name: infrastructure, infrastructure: {}}"
    environment(f"components: [{{name: api, helm: }}, {infra}]")


def test_a_name_of_forty_characters_and_an_empty_list_are_fine() -> None:
    assert order(listed("a" * 40)) == [("a" * 40, 0)]
    assert order("components: []") == [(APP, 0)]
