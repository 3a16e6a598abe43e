"""Database URLs as the tools spell them, cut by hand: a password may hold characters that
belong encoded."""

from __future__ import annotations

import os
import re
import shlex
from typing import Literal
from urllib.parse import unquote

from msgspec import Struct

from rollback.errors import Usage

# where the password of a URL is; the scripts look for it in the same places
Secret = Literal["", "userinfo", "query", "words", "dsn"]

_SCHEME = re.compile(r"^(?:jdbc:)?([a-zA-Z][a-zA-Z0-9]*)(?:\+[a-zA-Z0-9_.-]+)?:")
_WORDS = re.compile(r"([a-z_]+)\s*=\s*('(?:\\.|[^'\\])*'|(?:\\.|[^\s\\])*)\s*")
_USERINFO = re.compile(r"^[^/?]*://[^:/?]*:([^?]*)@")  # a password as it is written
_PASSWORD_OPTION = re.compile(r"[?&;]password=([^&;]*)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
WORDS = "words"  # the scheme of "host=db dbname=shop"
DSN = "dsn"  # the scheme of "shop:password@tcp(db:3306)/shop", as go-sql-driver spells it
_DSN = re.compile(
    r"(?!\w+(?:\+\w+)?://|jdbc:)(?:.*@(?:(?:tcp|unix)\(.*\))?|(?:tcp|unix)\(.*\))/", re.DOTALL
)


class Url(Struct, frozen=True):
    """The decoded parts of a URL; `host` may list several, `options` are those after the "?"."""

    scheme: str
    user: str
    password: str
    host: str
    path: str
    options: dict[str, str]
    secret: Secret


def scheme(url: str) -> str:
    """Return "postgresql" for postgresql+asyncpg: and jdbc:postgresql:, "" for anything else."""
    if _DSN.match(url.strip()):
        return DSN
    if match := _SCHEME.match(url.strip()):
        return match[1].lower()
    return WORDS if re.match(r"^\s*(?:[a-z_]+\s*=\s*\S)", url) else ""


def parse(url: str, variable: str) -> Url:
    """Return the parts. Raises Usage (database-url) for what cannot be told apart."""
    text = url.strip()
    if scheme(text) == WORDS:
        return _words(text, variable)
    if scheme(text) == DSN:
        return _dsn(text, variable)
    _refuse_odd(text, variable)
    head, _, query = text.partition("?")
    rest = _SCHEME.sub("", head, count=1)
    user = password = ""
    if rest.startswith("//"):
        userinfo, at, rest = rest[2:].rpartition("@")
        user, colon, password = userinfo.partition(":")
        host, slash, path = rest.partition("/")
        secret: Secret = "userinfo" if at and colon else ""
    else:
        host, slash, path, secret = "", "", rest, ""
    options = _options(query)
    if "password" in options:
        password, secret = options.pop("password"), "query"
    else:
        password = unquote(password)
    name = unquote(user) or options.pop("user", "")
    return Url(scheme(text), name, password, unquote(host), slash + unquote(path), options, secret)


def secrets(url: str, variable: str) -> list[str]:
    """Return what must not be shown of a URL, longest first: it, and its password as written."""
    text, parts = url.strip(), parse(url, variable)
    known = {url, text, parts.password}
    if parts.secret:
        known.add(text.partition("://")[2])
        known |= {*_USERINFO.findall(text), *_PASSWORD_OPTION.findall(text)}
    return sorted((secret for secret in known if len(secret) > 3), key=len, reverse=True)


def _refuse_odd(text: str, variable: str) -> None:
    odd = "a control character" if _CONTROL.search(text) else ""
    if re.search(r"%(?![0-9a-fA-F]{2})", text):
        odd = "a % that encodes nothing (write %25)"
    elif "@" in text.partition("?")[2] and "@" not in text.partition("?")[0]:
        odd = "a ? in the password (write %3F)"
    if odd:
        raise unusable(variable, f"it contains {odd}")


def unusable(variable: str, why: str) -> Usage:
    """Return an error about a variable; `why` never holds its value."""
    fix = "correct it; special characters in user and password are percent-encoded"
    return Usage("database-url", f"the URL in ${variable} cannot be used: {why}", fix)


def _options(query: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in re.split("[&;]", query) if pair)
    return {unquote(name): unquote(value) for name, _, value in pairs}


def _words(text: str, variable: str) -> Url:
    """Parse libpq's keywords: host=db user=shop dbname='my shop'."""
    if _CONTROL.search(text) or _WORDS.sub("", text):
        raise unusable(variable, "it is neither a URL nor keywords")
    words = {name: _unquoted(value) for name, value in _WORDS.findall(text)}
    secret: Secret = "words" if "password" in words else ""
    names = ("user", "password", "host", "dbname")
    user, password, host, path = (words.pop(name, "") for name in names)
    return Url(WORDS, user, password, host, f"/{path}" if path else "", words, secret)


def _dsn(text: str, variable: str) -> Url:
    """Parse user:password@tcp(host:port)/name?options: nothing but the options is encoded."""
    if _CONTROL.search(text):
        raise unusable(variable, "it contains a control character")
    left, _, right = text.rpartition("/")
    userinfo, at, host = left.rpartition("@")
    user, colon, password = userinfo.partition(":")
    name, _, query = right.partition("?")
    secret: Secret = "dsn" if at and colon else ""
    return Url(DSN, user, password, host, f"/{name}", _options(query), secret)


def _unquoted(value: str) -> str:
    inner = value[1:-1] if value.startswith("'") else value
    return re.sub(r"\\(.)", r"\1", inner)


def typed_private(command: str, file: str) -> str:
    """Return what a person types so that nobody else can read the file that a command writes."""
    folder = shlex.quote(os.path.dirname(file))
    return f"(umask 077; mkdir -p -- {folder} && {command})"
