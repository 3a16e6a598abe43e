"""Slack's incoming webhooks: a text in mrkdwn.

Source: docs.slack.dev, "Sending messages using incoming webhooks" and "Formatting message text".
"""

from __future__ import annotations

from collections.abc import Mapping

from rollback.model import Notice
from rollback.notify import _words
from rollback.notify._receiver import Post

# the three characters that Slack wants escaped; a notice can then mention nobody (<!channel>)
_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def post(notice: Notice, url: str, variables: Mapping[str, str]) -> Post:
    lines = [f"*{_words.title(notice)}*"]
    lines += [f"{name}: {value}" for name, value in _words.facts(notice)]
    return Post({"text": "\n".join(line.translate(_ESCAPED) for line in lines)})
