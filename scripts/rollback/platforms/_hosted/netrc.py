"""~/.netrc, read as the script's `hosted_netrc` reads it: both have to take the same entry.

The standard library's reader takes the last of two entries for a host, curl the first; they also
disagree about comments and about words that neither knows.
"""

from __future__ import annotations

import re

_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|([^ \t\r\f\v]+)')  # of a line, the first quoted
_WITH_VALUE = ("machine", "login", "password", "account")


def password(text: str, host: str) -> str:
    """Return the password of the first entry for this host that has one, "" if none has.

    `default` is for no host that a token is sent to. Raises ValueError for a quote without an end.
    """
    key = value = ""
    wanted = macro = False
    for line in text.split("\n"):
        if macro:  # until an empty line
            macro = line not in ("", "\r")
            continue
        for match in _WORD.finditer(line):
            word = _word(match)
            if key == "machine" or (not key and word == "default"):
                if wanted and value:
                    return value
                wanted, key, value = bool(key) and word.lower() == host, "", ""
            elif key:
                value, key = word if key == "password" else value, ""
            elif (macro := word == "macdef") or match[0].startswith("#"):
                break
            elif word in _WITH_VALUE:
                key = word
    return value if wanted else ""


def _word(match: re.Match[str]) -> str:
    if match[1] is not None:
        return re.sub(r"\\(.)", r"\1", match[1])
    if match[0].startswith('"'):
        raise ValueError("a quote without an end")
    return match[0]
