"""Clean text from git, registries, logs and tools: it is data, whoever reads it."""

from __future__ import annotations

import re
from collections.abc import Sequence

# C0/C1 controls, zero-width and bidirectional characters can hide or reorder what is approved
_HIDDEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e"
    r"\u2060-\u2069\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]+"
)
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])")
# words of ordinary characters with one blank between them: nothing to clean
_PLAIN = re.compile(r"(?:[!-;=?-_a-~]+(?: [!-;=?-_a-~]+)*)?")
_MARKUP = str.maketrans({"<": "‹", ">": "›", "`": "'"})


def clean(text: str, limit: int = 120) -> str:
    """Return one line without control characters, tags or backticks, of at most `limit`."""
    if _PLAIN.fullmatch(text) and len(text) <= limit:
        return text
    line = " ".join(_HIDDEN.sub(" ", _ANSI.sub("", text)).translate(_MARKUP).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def visible(text: str) -> str:
    """Return the text without control and invisible characters; markup stays: it is a command."""
    return _HIDDEN.sub("", _ANSI.sub("", text))


def hides(text: str) -> bool:
    """Whether it contains invisible characters other than line breaks and tabs."""
    return _HIDDEN.search(text.translate({9: " ", 10: " "})) is not None


def meant(word: str, names: Sequence[str]) -> str:
    """Return "; did you mean NAME?" for a slip of the keyboard, else ""."""
    import difflib

    close = difflib.get_close_matches(word.lower(), names, n=1, cutoff=0.7)
    return f"; did you mean {close[0]}?" if close else ""
