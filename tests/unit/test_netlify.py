"""Netlify's deploys: which one is live, which are no candidates, and what the script compares."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from netlify_recorded import CASES, chosen, read, row

from rollback import clock
from rollback.errors import Unreadable, Usage
from rollback.flow import choose
from rollback.platforms import netlify
from rollback.platforms._hosted import pages
from rollback.platforms._hosted.pages import Page
from rollback.platforms.netlify import client, evidence, link, login
from rollback.platforms.netlify.checks import of_site
from rollback.platforms.netlify.client import Site
from rollback.platforms.netlify.preflight import judged
from rollback.platforms.netlify.readings import Reading, Variable
from rollback.platforms.netlify.releases import from_rows
from rollback.shell import Shell

each_case = pytest.mark.parametrize("case", CASES, ids=[case["case"][:50] for case in CASES])


@each_case
def test_each_release_has_its_status_and_what_speaks_against_it(case: Any) -> None:
    shown = [f"{r.id} {r.status} {r.skip or '-'} {r.commit or '-'}" for r in read(case)]
    assert shown == case["releases"]


@each_case
def test_the_target_is_the_last_good_deploy_not_what_netlify_would_pick(case: Any) -> None:
    known = read(case)
    (move,) = chosen(known)
    assert (move.to.id, netlify.bare(known)) == (case["to"], case["bare"])


@pytest.mark.parametrize("locked", [True, False])
def test_the_steps_are_what_a_person_would_type(locked: bool) -> None:
    steps = netlify.steps(chosen(read(CASES[0], locked=locked)))
    typed = [step.do.by_hand for step in steps]
    assert typed == [
        'netlify api restoreSiteDeploy --data \'{"site_id": "1", "deploy_id": "d5"}\'',
        'netlify api lockDeploy --data \'{"deploy_id": "d5"}\'',
    ]
    undone = [step.undo.do.by_hand for step in reversed(steps) if step.undo]
    lock = 'netlify api {}Deploy --data \'{{"deploy_id": "d8"}}\''.format
    again = 'netlify api restoreSiteDeploy --data \'{"site_id": "1", "deploy_id": "d8"}\''
    assert undone == [
        lock("lock") if locked else lock("unlock"),
        f"{again} && {lock('lock')}" if locked else again,
    ]


@each_case
def test_each_guard_line_is_the_proof_of_one_direction(case: Any) -> None:
    moves = chosen(read(case))
    (identity, live, lock), (publish, locking) = netlify.guards(moves), netlify.steps(moves)
    assert identity.lines[0].source == identity.lines[0].goal == "1 of account 5f"
    for guard, step in ((live, publish), (lock, locking)):
        (line,) = guard.lines
        assert step.proof and step.undo and step.undo.proof
        assert (line.source, line.goal) == (step.undo.proof.expect, step.proof.expect)
        assert "NETLIFY_AUTH_TOKEN" in guard.command.variables and step.do.variables


def test_a_preview_is_never_a_target_by_name() -> None:
    with pytest.raises(Exception, match="d6 is not in the history"):
        choose.choose(read(CASES[0]), "d6")


def test_a_preview_with_a_publication_ends_no_service() -> None:
    """Each push builds a preview a minute later; nobody publishes it."""
    rows = [
        "d9 ready production cccccccc 11:30 11:31 Bad",
        "d7 ready deploy-preview dddddddd 08:10 08:12 Fix",
        "d6 ready production bbbbbbbb 08:10 08:11 Second",
        "d3 ready production aaaaaaaa 05:10 05:11 First",
    ]
    known = read({"live": "d9", "rows": rows})
    assert [release.served_seconds for release in known] == [None, 12_000, 10_800]
    assert chosen(known)[0].to.id == "d6"


@pytest.mark.parametrize("rows", [[], ["d1 ready production aaaaaaaa 05:10 - First"]])
def test_a_site_on_which_nothing_was_published_has_no_live_release(rows: list[str]) -> None:
    known = from_rows(Site("1", "shop", "5f"), [row(text) for text in rows])
    assert len(known) == len(rows)
    with pytest.raises(Usage) as stopped:
        choose.choose(known, "previous")
    assert stopped.value.code == "no-live-release"


def test_what_may_never_have_served_is_no_candidate() -> None:
    """Where no deploy says when it was published, not even the live one does."""
    rows = [
        "d9 ready production bbbbbbbb 11:30 - Bad",
        "d3 ready production aaaaaaaa 05:10 - First",
    ]
    choice = choose.choose(read({"live": "d9", "rows": rows}), "previous")
    assert choice.to is None
    assert "does not tell whether it was ever published" in choice.skipped[0].reason


def test_times_that_are_none_are_no_reason_to_break() -> None:
    deploy = row("d1 ready production aaaaaaaa 05:10 - First", created_at="soon")
    assert deploy.created_at == ""
    assert client.moment("2026-11-29T10:00:00+02:00") == "2026-11-29T08:00:00.000Z"


def about(page: Page | None = None, **read_too: Any) -> dict[str, tuple[str, str]]:
    (move,) = chosen(read(CASES[6] if read_too.pop("building", False) else CASES[0]))
    found = judged(move, Reading(**{"variables": (), "split": (), **read_too}), page)
    return {row.code: (row.level, row.message) for row in found}


def test_little_is_said_where_nothing_speaks_against_it() -> None:
    assert set(about()) == {"auto-publish", "not-moved"}
    assert about(Page(200))["auto-publish"][0] == "warning"


def test_a_lock_is_said_by_the_live_release_once() -> None:
    known = read(CASES[0], locked=True)
    told = [finding for release in known for finding in release.findings]
    assert [finding.code for finding in told] == ["auto-publish-off"]
    (move,) = chosen(known)
    assert {row.code for row in judged(move, Reading((), ()), None)} == {"not-moved"}


def test_variables_that_changed_since_the_build_are_named_without_a_value() -> None:
    rows = (
        Variable("NEW", "2026-11-29T08:00:00.000Z"),
        Variable("OLD", "2026-11-29T07:00:00.000Z"),
    )
    level, message = about(variables=rows)["config-changes"]
    assert level == "warning" and "older values of NEW," in message


@pytest.mark.parametrize(
    ("page", "told"),
    [(Page(404), True), (Page(0), True), (Page(401), False), (Page(302, "", "a.example"), False)],
)
def test_a_target_that_does_not_answer_on_its_own_address_is_told(page: Page, told: bool) -> None:
    assert ("artifact-gone" in about(page)) == told


@pytest.mark.parametrize(
    ("minutes", "code", "level"),
    [(60, "deploy-in-flight", "blocker"), (600, "deploy-stuck", "warning")],
)
def test_a_build_under_way_would_be_published_before_the_lock(
    monkeypatch: pytest.MonkeyPatch, minutes: int, code: str, level: str
) -> None:
    monkeypatch.setattr(clock, "seconds_since", lambda when: minutes * 60)
    assert about(building=True)[code][0] == level


PAGES = {
    "healthy": (Page(200, "a"), Page(200, "a")),
    "unknown": (Page(200, "a"), Page(200, "b")),
    "unhealthy": (Page(404, "a"), Page(404, "a")),
    "waiting": (Page(503), Page(503)),
}


@pytest.mark.parametrize("verdict", PAGES)
def test_the_front_page_is_compared_with_that_of_the_published_deploy(
    monkeypatch: pytest.MonkeyPatch, verdict: str
) -> None:
    monkeypatch.setattr(pages, "fetch", lambda urls: list(PAGES[verdict]))
    assert one_check().verdict == verdict


@pytest.mark.parametrize("page", [Page(401), Page(302, "", "login.example")])
def test_a_page_that_is_not_for_everybody_is_unknown(
    monkeypatch: pytest.MonkeyPatch, page: Page
) -> None:
    monkeypatch.setattr(pages, "fetch", lambda urls: [page, page])
    assert one_check().verdict == "unknown"


def one_check() -> Any:
    deploy = row("d1 ready production aaaaaaaa 05:10 - First", deploy_ssl_url="https://d1.example")
    site = Site("1", "shop", ssl_url="https://shop.example", published_deploy=deploy)
    return of_site(site)


def test_only_a_link_of_the_right_shape_names_a_site(tmp_path: Path) -> None:
    file = tmp_path / link.FILE
    assert link.site_of(tmp_path) is None
    file.parent.mkdir()
    known = {
        '{"siteId": "1b-2c"}': "1b-2c",
        '{"siteId": "../x?"}': None,
        '{"siteId"': None,
        "{}": None,
    }
    for text, site in known.items():
        file.write_text(text)
        assert link.site_of(tmp_path) == site, text


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("NETLIFY_AUTH_TOKEN", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / ".config/netlify/config.json"
    file.parent.mkdir(parents=True)
    users = {"5f.1": {"auth": {"token": "not-a-real-token"}}}
    file.write_text(json.dumps({"userId": "5f.1", "users": users}))
    return file


def test_the_clients_token_is_for_netlify_alone(home: Path) -> None:
    assert login.find("https://api.netlify.com").source == str(home)
    assert login.find("http://127.0.0.1:8000").source == str(home)
    with pytest.raises(Unreadable) as error:
        login.find("https://api.evil.example")
    assert error.value.code == "token-missing"


@pytest.mark.parametrize(
    ("text", "code"),
    [('{"userId', "login-invalid"), ("{}", "token-missing"), ('{"userId": null}', "token-missing")],
)
def test_a_login_that_cannot_be_used_is_told(home: Path, text: str, code: str) -> None:
    home.write_text(text)
    with pytest.raises(Unreadable) as error:
        login.find("https://api.netlify.com")
    assert error.value.code == code and "netlify login" in error.value.fix


def judged_by_pages(
    monkeypatch: pytest.MonkeyPatch, *statuses: int, live: int = 404
) -> dict[str, str | None]:
    """Which candidates are skipped where their front pages answer this, from the newest one."""
    monkeypatch.setattr(pages, "fetch", lambda urls: [Page(it) for it in (live, *statuses)])
    rows = [
        row(f"d{n} ready production {str(n) * 8} 0{n}:10 0{n}:11 Change {n}", deploy_ssl_url=f"https://d{n}.example")
        for n in (9, 7, 5, 3)
    ]  # fmt: skip
    known = evidence.without_broken(
        from_rows(Site("1", published_deploy=rows[0]), rows), Shell(Path("/nowhere"))
    )
    return {release.id: release.skip for release in known[1:]}


def test_a_candidate_with_a_broken_front_page_gives_way_to_an_older_one_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    skips = judged_by_pages(monkeypatch, 404, 500, 200)
    assert skips == {"d7": "unhealthy-evidence", "d5": "unhealthy-evidence", "d3": None}


def test_candidates_that_fail_while_the_live_one_answers_are_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    skips = judged_by_pages(monkeypatch, 404, 401, 410, live=200)
    assert skips == {"d7": "unhealthy-evidence", "d5": None, "d3": "unhealthy-evidence"}


@pytest.mark.parametrize("statuses", [(404, 404, 404), (0, 401, 302), (200, 404, 404)])
def test_a_site_without_front_pages_says_nothing_about_its_deploys(
    monkeypatch: pytest.MonkeyPatch, statuses: tuple[int, ...]
) -> None:
    assert set(judged_by_pages(monkeypatch, *statuses).values()) == {None}


def linked(project: Path, folder: str, site: str) -> None:
    file = project / folder / link.FILE
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"siteId": site}))


def test_a_link_of_an_installed_package_is_not_one_of_the_project(tmp_path: Path) -> None:
    for folder, site in ((".", "ours"), ("node_modules/tool", "theirs"), (".cache", "old")):
        linked(tmp_path, folder, site)
    assert link.site_of(tmp_path) == "ours"


def test_a_link_of_a_folder_alone_is_named(tmp_path: Path) -> None:
    linked(tmp_path, "apps/web", "site-1")
    assert "apps/web to site-1" in link.stated(tmp_path)


def test_below_twelve_candidates_that_are_gone_none_is_taken_unseen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Retention deletes the oldest first."""
    monkeypatch.setattr(
        pages, "fetch", lambda urls: [Page(200 if "d30." in it else 404) for it in urls]
    )
    rows = [
        row(
            f"d{n} ready production {n}{'0' * 6} {n - 10:02}:10 {n - 10:02}:11 Change {n}",
            deploy_ssl_url=f"https://d{n}.example",
        )
        for n in range(30, 10, -1)
    ]
    known = evidence.without_broken(
        from_rows(Site("1", published_deploy=rows[0]), rows), Shell(Path("/nowhere"))
    )
    assert choose.choose(known, "previous").to is None
