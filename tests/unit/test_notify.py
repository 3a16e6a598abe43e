"""What receivers are sent: one body per kind, without secrets, and nothing that a text could mention or format."""

from __future__ import annotations

import json

import pytest
from endpoint import answering

from rollback.errors import Usage
from rollback.model import Notice, NoticeMove
from rollback.notify import _sending, receivers

HOSTILE = "<!channel> `id` [x](http://evil.example) *now* \"quoted\" 'it' & $(touch x)"
TOKEN = "ghs_0123456789"
STATUSES = "https://api.github.com/repos/o/shop/deployments/1/statuses"


def notice(event: str = "failed", **more) -> Notice:
    facts = {
        "event": event,
        "verb": "execute",
        "at": "2026-11-30T10:00:00Z",
        "project": "shop",
        "environment": "production",
        "protected": True,
        "level": "app",
        "run": ".rollback-checkpoint-20261130-100000",
        "by": "dora@ops",
        "reason": HOSTILE,
        "moves": (NoticeMove("app", "shop", "R4 (v1.2.3)", "R2 (v1.2.1)"),),
        "outcome": "partial",
        "exit": 5,
    }
    return Notice(**{**facts, **more})


@pytest.mark.parametrize("kind", receivers.ids)
@pytest.mark.parametrize("event", ["started", "done", "failed", "restored"])
def test_every_receiver_gets_the_environment_and_no_token_in_the_body(kind, event):
    post = receivers[kind].post(notice(event), STATUSES, {"GITHUB_TOKEN": TOKEN})
    body = json.dumps(post.body)
    assert "production" in body and TOKEN not in body


def test_slack_is_given_nothing_that_mentions_a_channel():
    text = receivers["slack"].post(notice(), STATUSES, {}).body["text"]
    assert "<" not in text and "&lt;!channel&gt;" in text
    assert "shop: R4 (v1.2.3) → R2 (v1.2.1)" in text and "partial (exit 5)" in text


def test_teams_is_given_a_card_whose_texts_format_nothing():
    (attachment,) = receivers["teams"].post(notice(), STATUSES, {}).body["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    heading, facts = attachment["content"]["body"]
    assert heading["color"] == "Attention"
    rows = {row["title"]: row["value"] for row in facts["facts"]}
    assert r"\[x\]\(http://evil.example\) \*now\*" in rows["reason"]


@pytest.mark.parametrize(
    ("event", "state"),
    [
        ("started", "in_progress"),
        ("done", "success"),
        ("restored", "success"),
        ("failed", "failure"),
    ],
)
def test_github_is_told_a_state_of_its_own_list(event, state):
    long = notice(event, environment="x" * 300)
    post = receivers["github"].post(long, STATUSES, {"GH_TOKEN": TOKEN})
    assert post.body["state"] == state and len(post.body["description"]) <= 140
    assert post.headers["Authorization"] == f"Bearer {TOKEN}"


def test_github_without_a_token_is_an_error_that_names_the_variable():
    with pytest.raises(Usage) as raised:
        receivers["github"].post(notice(), STATUSES, {})
    assert raised.value.code == "notify-unset" and "GITHUB_TOKEN" in raised.value.fix


@pytest.mark.parametrize("url", ["https://api.github.com.evil.example/x", "https://a.example/"])
def test_githubs_token_goes_nowhere_else(url):
    with pytest.raises(Usage) as raised:
        receivers["github"].post(notice(), url, {"GITHUB_TOKEN": TOKEN})
    assert raised.value.code == "notify-url" and TOKEN not in str(raised.value)


@pytest.mark.parametrize(
    "value", ["", "  ", "hooks.example.org/T1", "ftp://a.example", "http://hooks.example.org/T1",
              "https://", "http://[::1", "https:///path"],
)  # fmt: skip
def test_an_address_that_cannot_be_used_is_an_error_without_its_value(value):
    with pytest.raises(Usage) as raised:
        _sending.address("HOOK", {"HOOK": value})
    assert raised.value.code in ("notify-unset", "notify-url") and "HOOK" in raised.value.message
    assert "hooks" not in raised.value.message and "example" not in raised.value.message


def sent(answer, monkeypatch, tries: int = 3) -> tuple[str, int]:
    """Return the result, and how often the receiver was asked."""
    monkeypatch.setattr(_sending.time, "sleep", lambda seconds: None)
    with answering(answer) as endpoint:
        variables = {"HOOK": endpoint.url + "?key=s3cret"}
        result = _sending.send(receivers["webhook"], notice(), "HOOK", variables)
        assert "s3cret" not in result and "127.0.0.1" not in result
        return result, len(endpoint.requests)


@pytest.mark.network
@pytest.mark.parametrize(
    ("status", "result", "times"),
    [
        (200, "sent", 1),
        (204, "sent", 1),
        (500, "HTTP 500", 3),
        (429, "HTTP 429", 3),
        (404, "HTTP 404", 1),
        (410, "HTTP 410", 1),
        (302, "a redirect (HTTP 302), not followed", 1),
    ],
)
def test_what_may_pass_is_tried_three_times_and_nothing_else(status, result, times, monkeypatch):
    assert sent((status, b"http://127.0.0.1:9/elsewhere"), monkeypatch) == (result, times)


@pytest.mark.network
def test_a_receiver_that_comes_back_gets_the_notice(monkeypatch):
    answers = {1: None, 2: (503, {})}
    assert sent(lambda count: answers.get(count, (200, {})), monkeypatch) == ("sent", 3)


@pytest.mark.network
def test_nobody_there_is_a_result_and_no_error(monkeypatch):
    monkeypatch.setattr(_sending.time, "sleep", lambda seconds: None)
    result = _sending.send(
        receivers["webhook"], notice(), "HOOK", {"HOOK": "http://127.0.0.1:9/s3cret"}
    )
    assert result == "no connection (ConnectError)"
