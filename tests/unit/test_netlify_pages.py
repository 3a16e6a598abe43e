"""The pages of a site's deploys: which are asked for, and where reading ends."""

from __future__ import annotations

from typing import Any

import pytest

from rollback.platforms._hosted.api import Api, Reply
from rollback.platforms._hosted.login import Login
from rollback.platforms.netlify import client
from rollback.platforms.netlify.client import Deploy


def paged(monkeypatch: pytest.MonkeyPatch, *pages: tuple[list[Any], str]) -> list[str]:
    """Deploys read from these pages (rows, Link), by id; and how many pages were asked for."""
    asked: list[str] = []

    def get(self: Api, path: str, headers: Any) -> Reply:
        asked.append(path)
        rows, following = pages[len(asked) - 1]
        return Reply(200, {"link": following} if following else {}, rows)

    monkeypatch.setattr(Api, "get", get)
    api = Api("Netlify", "https://api.netlify.com", Login("-", ""), "")
    known = client.deploys(api, "1", 50, Deploy())
    end = "" if known.whole else ", not the last"
    return [*(row.id for row in known.rows), f"{len(asked)} pages{end}"]


def listed(*numbers: int) -> list[Any]:
    return [
        {"id": f"d{n}", "context": "production", "created_at": f"2026-11-{n:02}T00:00:00Z"}
        for n in numbers
    ]


NEXT = '<https://evil.example/api/v1/sites/1/deploys?page=9>; rel="next"'


def test_a_row_that_two_pages_have_is_one_deploy(monkeypatch: pytest.MonkeyPatch) -> None:
    known = paged(monkeypatch, (listed(5, 4), NEXT), (listed(4, 3), '<x>; rel="last"'))
    assert known == ["d5", "d4", "d3", "2 pages"]


def test_without_links_a_full_page_has_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PER_PAGE", 2)
    assert paged(monkeypatch, (listed(5, 4), ""), (listed(3), ""))[-1] == "2 pages"


def test_pages_end_somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    previews = [{"id": "p", "context": "deploy-preview"}]
    assert paged(monkeypatch, *[(previews, NEXT)] * 20)[-1] == "10 pages, not the last"


@pytest.mark.parametrize(
    ("last", "read"), [(2, "2 pages"), (7, "7 pages"), (900, "10 pages, not the last")]
)
def test_no_page_is_asked_for_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, last: int, read: str
) -> None:
    """From the second page on several are read side by side."""
    asked: list[str] = []

    def get(self: Api, path: str, headers: Any) -> Reply:
        page = int(path.partition("page=")[2].partition("&")[0])
        asked.append(path)
        link = (
            f'<https://api.netlify.com/api/v1/sites/1/deploys?page={last}&per_page=100>; rel="last"'
        )
        return Reply(
            200,
            {"link": link + (f", {NEXT}" if page < last else "")},
            [{"id": f"p{page}", "context": "deploy-preview"}],
        )

    monkeypatch.setattr(Api, "get", get)
    known = client.deploys(
        Api("Netlify", "https://api.netlify.com", Login("-", ""), ""), "1", 50, Deploy()
    )
    assert (
        f"{len(set(asked))} pages{'' if known.whole else ', not the last'}"
        == read
        == f"{len(asked)} pages{'' if known.whole else ', not the last'}"
    )


def test_pages_go_on_below_the_live_deploy_however_many_are_newer(monkeypatch: Any) -> None:
    """A lock keeps hundreds of newer builds from being published."""
    live = Deploy("live", created_at="2026-01-05T00:00:00Z")

    def get(self: Api, path: str, headers: Any) -> Reply:
        page = int(path.partition("page=")[2].partition("&")[0])
        made = "2026-02-01T00:00:00Z" if page < 3 else "2026-01-01T00:00:00Z"
        rows = [
            {"id": f"p{page}-{at}", "context": "production", "created_at": made} for at in range(50)
        ]
        return Reply(200, {"link": f"{NEXT}"} if page < 5 else {}, rows)

    monkeypatch.setattr(Api, "get", get)
    api = Api("Netlify", "https://api.netlify.com", Login("-", ""), "")
    older = [
        row for row in client.deploys(api, "1", 50, live).rows if row.created_at < live.created_at
    ]
    assert len(older) >= 10
