"""Switches that a rollback turns off: after a run they are reported as they stand, not as planned."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import netlify_recorded
import pytest
import sites
import vercel_recorded

from rollback.errors import Unreadable
from rollback.flow import standing as flow
from rollback.flow.site import Site as FlowSite
from rollback.model import Finding, Move
from rollback.platforms import netlify, vercel
from rollback.platforms.netlify.client import Deploy, Site
from rollback.shell import Shell

MOVE = sites.move()


def codes(findings: Iterator[Finding]) -> list[str]:
    return [row.code for row in findings]


@pytest.mark.parametrize(
    ("live", "locked", "before", "expected"),
    [
        ("to", True, False, ["auto-publish-off"]),
        ("to", False, False, ["auto-publish-on"]),
        ("to", True, True, []),
        ("to", False, True, ["auto-publish-on"]),
        ("from", False, False, []),
        ("other", False, False, []),
        ("other", True, False, ["auto-publish-off"]),
    ],
)
def test_the_lock_of_a_site(
    monkeypatch: pytest.MonkeyPatch, live: str, locked: bool, before: bool, expected: list[str]
) -> None:
    known = netlify_recorded.read(netlify_recorded.CASES[0], locked=before)
    moves = netlify_recorded.chosen(known)
    ids = {"to": moves[0].to.id, "from": moves[0].current.id, "other": "d99"}
    site = Site("1", "shop", published_deploy=Deploy(ids[live], locked=locked))
    monkeypatch.setattr("rollback.platforms.netlify.client.connect", lambda api: None)
    monkeypatch.setattr("rollback.platforms.netlify.client.site", lambda api, id: site)
    findings = list(netlify.standing(moves, Shell("/")))  # type: ignore[arg-type]
    assert codes(iter(findings)) == expected
    assert all(f'"deploy_id": "{ids[live]}"' in finding.fix for finding in findings)


@pytest.mark.parametrize(
    ("live", "now", "before", "expected"),
    [
        ("to", False, True, ["auto-publish-off"]),
        ("to", True, True, ["auto-publish-on"]),
        ("to", False, False, []),
        ("to", True, False, ["auto-publish-on"]),
        ("to", None, None, ["auto-publish"]),
        ("from", True, True, []),
        ("from", False, True, ["auto-publish-off"]),
        ("from", None, None, []),
    ],
)
def test_auto_assign_of_a_project(
    monkeypatch: pytest.MonkeyPatch, live: str, now: Any, before: Any, expected: list[str]
) -> None:
    case = {**vercel_recorded.CASES[0], "auto_assign": before}
    moves = vercel_recorded.chosen(case, vercel_recorded.read(case))
    id = {"to": moves[0].to.id, "from": moves[0].current.id}[live]
    project = vercel_recorded.project({**case, "production": id, "auto_assign": now})
    monkeypatch.setattr("rollback.platforms.vercel.client.connect", lambda api: None)
    monkeypatch.setattr("rollback.platforms.vercel.client.project", lambda *words: project)
    findings = vercel.standing(moves, Shell("/"))  # type: ignore[arg-type]
    assert codes(iter(findings)) == expected


def ready(site: FlowSite) -> Future[FlowSite]:
    future: Future[FlowSite] = Future()
    future.set_result(site)
    return future


def test_each_component_is_asked_about_its_own_moves() -> None:
    def standing(moves: list[Move], shell: Shell) -> Iterator[Finding]:
        for move in moves:
            yield Finding("note", "auto-publish-off", f"{move.target.app} is off", "turn it on")

    whole = sites.site(sites.source(standing=standing), sites.source("api"))
    assert flow.Reading([MOVE], ready(whole)).answer() == ("shop is off; turn it on",)


def test_what_cannot_be_read_is_not_known() -> None:
    def refuse(moves: list[Move], shell: Shell) -> Iterator[Finding]:
        raise Unreadable("timed-out", "no whole answer")
        yield

    whole = ready(sites.site(sites.source(standing=refuse)))
    assert flow.Reading([MOVE], whole).answer() is None


def test_a_platform_that_does_not_answer_is_not_waited_for() -> None:
    release = threading.Event()

    def hang(moves: list[Move], shell: Shell) -> Iterator[Finding]:
        release.wait(30)
        yield Finding("note", "auto-publish-off", "it is off", "turn it on")

    began = time.monotonic()
    reading = flow.Reading([MOVE], ready(sites.site(sites.source(standing=hang))), 0.2)
    assert reading.answer() is None and time.monotonic() - began < 5
    release.set()
