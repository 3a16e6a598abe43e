"""Of several targets, `previous` takes back what was deployed last and leaves the others where they are."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from sites import site, source, target

from rollback.flow import decide
from rollback.flow import selection as selections
from rollback.flow.history import ComponentHistory, History, TargetHistory
from rollback.model import Release

Row = tuple[str, str]  # version, time of its deployment


def releases(*rows: Row, back: str = "") -> tuple[Release, ...]:
    """The newest is live; `back` is the version that was rolled back from."""
    return tuple(
        Release(
            f"{len(rows) - position}",
            version=version,
            status="rolled-back-from" if version == back else "live" if not position else "good",
            deployed_at=f"2026-11-{day}:00Z",
            artifact=f"{version}-{day}",
        )
        for position, (version, day) in enumerate(rows)
    )


def decided(
    apps: tuple[str, ...] = (), wanted: str = "previous", **histories: Any
) -> decide.Decision:
    component = source("app")
    rows = tuple(
        TargetHistory(target(name, "app"), histories[name])
        for name in histories
        if not apps or name in apps
    )
    selection = selections.of(site(component), apps)
    return decide.decide(History(selection, (ComponentHistory(component, rows),)), wanted)


def moved(decision: decide.Decision) -> dict[str, str | None]:
    return {move.target.app: move.to.version for move in decision.moves["app"]}


def left(decision: decide.Decision) -> list[tuple[str, str]]:
    """Level and message of what stays."""
    findings = [finding for finding in decision.findings if finding.code == "left-alone"]
    return [(finding.level, finding.message) for finding in findings]


API = releases(("v3", "20T12:00"), ("v2", "20T11:00"))
WEB = releases(("v2", "20T11:00"), ("v1", "19T09:00"))


def test_what_is_on_the_version_that_another_goes_back_to_stays() -> None:
    decision = decided(api=API, web=WEB)
    assert moved(decision) == {"api": "v2"}
    assert left(decision) == [("note", "web stays on 2 (v2): api goes back to that version")]


def test_seconds_between_two_deployments_do_not_make_them_one() -> None:
    api = releases(("v3", "20T12:01"), ("v2", "20T12:00"))
    web = releases(("v2", "20T12:00"), ("v1", "19T09:00"))
    assert moved(decided(api=api, web=web)) == {"api": "v2"}


def test_what_was_deployed_together_goes_back_together() -> None:
    web = releases(("2.7", "20T12:09"), ("2.6", "19T09:00"))
    worker = releases(("v3", "20T18:00"), ("v1", "19T09:00"))  # the same version, hours later
    decision = decided(api=API, web=web, worker=worker)
    assert moved(decision) == {"api": "v2", "web": "2.6", "worker": "v1"}


def test_what_was_deployed_long_before_stays_and_is_named() -> None:
    web = releases(("2.7", "13T12:00"), ("2.6", "12T09:00"))
    decision = decided(api=API, web=web)
    assert moved(decision) == {"api": "v2"}
    assert left(decision) == [(
        "warning",
        "web stays on 2 (2.7): deployed 2026-11-13T12:00:00Z, before api (2026-11-20T12:00:00Z)",
    )]  # fmt: skip


def test_the_same_version_hours_apart_is_one_deployment() -> None:
    web = releases(("v3", "20T09:00"), ("v2", "19T09:00"))
    assert moved(decided(api=API, web=web)) == {"api": "v2", "web": "v2"}


def test_after_a_rollback_that_reached_one_only_the_other_follows() -> None:
    web = releases(("v2", "20T12:30"), ("v3", "20T12:00"), ("v1", "19T09:00"), back="v3")
    decision = decided(api=API, web=web)
    assert moved(decision) == {"api": "v2"}
    assert left(decision)[0][1].startswith("web stays on 3 (v2)")


def test_a_version_that_two_projects_have_by_chance_links_nothing() -> None:
    web = releases(("v2", "20T11:50"), ("v1", "19T09:00"))  # v2 of api: 20T11:00
    assert moved(decided(api=API, web=web)) == {"api": "v2", "web": "v1"}


@pytest.mark.parametrize("word", ["latest", None])
def test_a_tag_that_names_no_version_links_nothing(word: str | None) -> None:
    rows = (Release("2", word, "live", "2026-11-20T12:00:00Z", "b"), Release("1", word))
    assert moved(decided(api=rows, web=rows)) == {"api": word, "web": word}


def test_what_did_not_end_well_is_not_left_for_its_age() -> None:
    live, older = releases(("2.7", "13T12:00"), ("2.6", "12T09:00"))
    web = (replace(live, artifact=None), older)
    assert moved(decided(api=API, web=web)) == {"api": "v2", "web": "2.6"}


def test_what_is_named_moves_whatever_its_age() -> None:
    web = releases(("2.7", "13T12:00"), ("2.6", "12T09:00"))
    assert moved(decided(("api", "web"), api=API, web=web)) == {"api": "v2", "web": "2.6"}
    assert moved(decided(wanted="1", api=API, web=web)) == {"api": "v2", "web": "2.6"}


def test_a_restart_is_no_deployment() -> None:
    """The content of api is a week old; what broke is web."""
    web = releases(("v9", "20T12:00"), ("v8", "12T09:00"))
    restarted, before, older = releases(
        ("1.2", "20T12:30"), ("1.2", "13T12:00"), ("1.1", "01T09:00")
    )
    api = (restarted, replace(before, artifact=restarted.artifact), older)
    assert moved(decided(web=web, api=api)) == {"web": "v8"}


def test_a_rollback_is_no_deployment_of_what_it_came_back_to() -> None:
    web = releases(("v9", "20T12:00"), ("v8", "12T09:00"))
    live, left, before, older = releases(
        ("1.2", "20T12:40"),
        ("1.3", "20T12:00"),
        ("1.2", "13T12:00"),
        ("1.1", "01T09:00"),
        back="1.3",
    )
    api = (live, left, replace(before, artifact=live.artifact), older)
    assert moved(decided(web=web, api=api)) == {"web": "v8"}


def test_what_is_known_to_be_bad_is_never_left() -> None:
    worker = releases(("1.3", "20T12:30"), ("1.2", "13T12:00"))
    live, older = releases(("v9", "20T12:00"), ("v8", "12T09:00"))
    bad = (replace(live, skip="unhealthy-evidence", skip_reason="crashes"), older)
    assert moved(decided(worker=worker, web=bad)) == {"worker": "1.2", "web": "v8"}


def test_where_the_last_deployment_has_nothing_to_go_back_to_nothing_is_narrowed() -> None:
    """To take back an older one instead, as if it had been the last, would be a wrong target."""
    web = releases(("v9", "20T12:00"))
    api, job = (
        releases(("2.7", "13T12:00"), ("2.6", "12T09:00")),
        releases(("5", "02T12:00"), ("4", "01T09:00")),
    )
    decision = decided(web=web, api=api, job=job)
    assert moved(decision) == {"api": "2.6", "job": "4"} and left(decision) == []


def test_what_stays_is_never_what_another_goes_back_to() -> None:
    """c goes to v3, where b is; b stays, so a is not on what b would go back to."""
    c = releases(("v4", "20T12:00"), ("v3", "20T11:00"))
    b = releases(("v3", "20T11:00"), ("v2", "20T10:00"))
    a = releases(("v2", "20T10:00"), ("v1", "20T09:00"))
    assert "b goes back" not in str(left(decided(c=c, b=b, a=a)))
