"""Microsoft Teams: an Adaptive Card, as the webhooks of Workflows and of connectors take it.

Source: learn.microsoft.com, "Create incoming webhooks with Workflows for Microsoft Teams".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rollback.model import Notice
from rollback.notify import _words
from rollback.notify._receiver import Post

_COLORS = {"started": "Default", "done": "Good", "restored": "Good", "failed": "Attention"}
_MARKDOWN = re.compile(r"([\\*_\[\]()#])")  # a text block reads these as Markdown


def post(notice: Notice, url: str, variables: Mapping[str, str]) -> Post:
    heading = {
        "type": "TextBlock",
        "text": _plain(_words.title(notice)),
        "weight": "Bolder",
        "color": _COLORS[notice.event],
        "wrap": True,
    }
    rows = [{"title": name, "value": _plain(value)} for name, value in _words.facts(notice)]
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.2",
        "body": [heading, {"type": "FactSet", "facts": rows}],
    }
    content = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return Post({"type": "message", "attachments": [content]})


def _plain(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", text)
