"""Settings that Helm puts back are named where no pod is restarted to read them."""

from __future__ import annotations

from typing import Any

import pytest
from helm_records import comparison, kind

from rollback.platforms.helm.manifest import objects
from rollback.platforms.helm.preflight import read_at_start

ENV = {"envFrom": [{"configMapRef": {"name": "settings"}}]}
KEY = {"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "settings", "key": "a"}}}]}
FILE = {"volumeMounts": [{"name": "v", "mountPath": "/a", "subPath": "a"}]}
FOLDER = {"volumeMounts": [{"name": "v", "mountPath": "/a"}]}
VOLUME = [{"name": "v", "configMap": {"name": "settings"}}]
PROJECTED = [{"name": "v", "projected": {"sources": [{"secret": {"name": "settings"}}]}}]


def web(container: dict[str, Any], image: str = "a", volumes: Any = ()) -> str:
    pod = {"containers": [{"name": "web", "image": image, **container}], "volumes": list(volumes)}
    return kind("Deployment", "web", "apps/v1", spec={"template": {"spec": pod}})


def settings(value: str, of: str = "ConfigMap") -> str:
    return kind(of, "settings", "v1", data={"a": value})


def told(before: str, after: str, live: str | None = None) -> list[str]:
    found = objects(live or before, "shop")
    return [one.message for one in read_at_start.findings(comparison(before, after), found)]


@pytest.mark.parametrize(
    ("of", "workload"),
    [
        ("ConfigMap", web(ENV)),
        ("Secret", web(KEY)),
        ("ConfigMap", web(FILE, volumes=VOLUME)),
        ("Secret", web(FILE, volumes=PROJECTED)),
    ],
    ids=["all variables", "one variable", "a file", "a file of several sources"],
)
def test_pods_that_keep_the_settings_they_started_with_are_named(of: str, workload: str) -> None:
    (message,) = told(settings("new", of) + workload, settings("old", of) + workload)
    assert message.startswith("deployment/web stays on the settings of revision ")
    assert f"{of}/settings" in message


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (settings("new") + web(ENV), settings("old") + web(ENV, image="b")),
        (settings("same") + web(ENV), settings("same") + web(ENV)),
        (settings("new") + web(FOLDER, volumes=VOLUME), settings("old") + web(FOLDER, volumes=VOLUME)),
        (settings("new", "Secret") + web(ENV), settings("old", "Secret") + web(ENV)),
    ],
    ids=["new pods", "the same settings", "a folder that is updated", "another kind"],
)  # fmt: skip
def test_nothing_is_said_where_the_settings_are_read_again(before: str, after: str) -> None:
    assert told(before, after) == []


def test_a_template_edited_by_hand_is_put_back_and_its_pods_are_new() -> None:
    live = settings("new") + web(ENV, image="by hand")
    assert told(settings("new") + web(ENV), settings("old") + web(ENV), live) == []


def annotated(of: str, called: str, annotations: dict[str, str], **content: Any) -> str:
    return kind(
        of,
        called,
        "apps/v1" if of == "Deployment" else "v1",
        metadata=annotations and {"annotations": annotations},
        **content,
    )


def levels(workload: dict[str, str], configmap: dict[str, str]) -> list[tuple[str, str]]:
    """Of a plan that changes a ConfigMap that the pods of a workload read when they start."""
    pod = {"containers": [{"name": "web", "image": "a", **ENV}]}
    web = annotated("Deployment", "web", workload, spec={"template": {"spec": pod}})
    before, after = (
        annotated("ConfigMap", "settings", configmap, data={"a": value}) for value in "ab"
    )
    live = objects(before + web, "shop")
    findings = read_at_start.findings(comparison(before + web, after + web), live)
    return [(finding.level, finding.code) for finding in findings]


RELOADED, STAYS = [("note", "reloaded")], [("warning", "left-alone")]
MATCH = {"reloader.stakater.com/match": "true"}


@pytest.mark.parametrize(
    ("workload", "configmap", "expected"),
    [
        ({"reloader.stakater.com/auto": "true"}, {}, RELOADED),
        ({"reloader.stakater.com/auto": "false"}, {}, STAYS),
        ({"configmap.reloader.stakater.com/auto": "true"}, {}, RELOADED),
        ({"secret.reloader.stakater.com/auto": "true"}, {}, STAYS),
        ({"configmap.reloader.stakater.com/reload": "other, settings"}, {}, RELOADED),
        ({"configmap.reloader.stakater.com/reload": "other"}, {}, STAYS),
        ({"reloader.stakater.com/search": "true"}, MATCH, RELOADED),
        ({"reloader.stakater.com/search": "true"}, {}, STAYS),
        ({"reloader.stakater.com/auto": "true"}, {"reloader.stakater.com/ignore": "true"}, STAYS),
        ({"reloader.stakater.com/auto": "true", "configmaps.exclude.reloader.stakater.com/reload": "settings"}, {}, STAYS),
        ({"pod-reloader.cs.sap.com/configmaps": "settings"}, {}, RELOADED),
        ({"wave.pusher.com/update-on-config-change": "true"}, {}, RELOADED),
        ({}, {}, STAYS),
    ],
)  # fmt: skip
def test_a_reloader_restarts_what_its_annotations_name(
    workload: dict[str, str], configmap: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    assert levels(workload, configmap) == expected
