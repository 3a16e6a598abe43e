"""Commands and paths of a project as they may be shown: what may be a secret in them is masked."""

from __future__ import annotations

import re

_WORD = r"(?:\"[^\"]*\"|'[^']*'|\$\([^)]*\)|\S+)"
_NAMED = r"(?:pass(?:word|wd|phrase)?|pwd|secret|token|key|auth|credentials?|user)"
_MASKS = (
    (
        re.compile(rf"((?<=\s)-[upa]\s+){_WORD}"),
        r"\1***",
    ),  # curl -u name:secret, redis-cli -a secret
    (re.compile(r"(?<=\s)-([pu])(?!ass|ort|ath|roj|ser|rl)\S+"), r"-\1***"),  # mysql -psecret
    (re.compile(rf"([\w.-]+=){_WORD}"), r"\1***"),  # A=b, --a=b
    (re.compile(rf"(--?[\w-]*{_NAMED}[\w-]*\s+){_WORD}", re.IGNORECASE), r"\1***"),
    (re.compile(r"(\w://)[^\s/@]*@"), r"\1***@"),
    (re.compile(r"\?[^\s\"']+"), "?***"),
    (re.compile(r"(hooks\.slack\.com/)\S+"), r"\1***"),
    (
        re.compile(rf"([\w-]*{_NAMED}[\w-]*\s*:\s*)[^\s\"'][^\"']*", re.IGNORECASE),
        r"\1***",
    ),  # a header
    (re.compile(rf"\b(bearer|basic)\s+{_WORD}", re.IGNORECASE), r"\1 ***"),
)


def masked(text: str) -> str:
    for pattern, instead in _MASKS:
        text = pattern.sub(instead, text)
    return text
