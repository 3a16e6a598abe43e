"""Addresses of MySQL databases in the spellings of the tools."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from rollback.engines import _url
from rollback.model import Address
from rollback.text import clean

# what go-sql-driver has in place of a host: tcp(db:3306), unix(/run/mysqld.sock)
_PROTOCOL = re.compile(r"(tcp|unix)\((.*)\)/?(.*)", re.DOTALL)
_HOST = re.compile(r"(\[[^\]]*\]|[^:,]*)(?::(\d*))?")
_SOCKETS = ("socket", "unix_socket", "unixsocket", "unix_sock")
_FILES = {
    "sslca": "ssl-ca", "ssl_ca": "ssl-ca", "ssl-ca": "ssl-ca", "sslcert": "ssl-cert",
    "ssl_cert": "ssl-cert", "ssl-cert": "ssl-cert", "sslkey": "ssl-key", "ssl_key": "ssl-key",
    "ssl-key": "ssl-key",
}  # fmt: skip
_MODES = ("ssl-mode", "ssl_mode", "sslmode", "tls", "usessl")
_TLS = {
    "true": "VERIFY_IDENTITY", "verify_identity": "VERIFY_IDENTITY", "verify-full":
    "VERIFY_IDENTITY", "verify_ca": "VERIFY_CA", "verify-ca": "VERIFY_CA", "required": "REQUIRED",
    "require": "REQUIRED", "trust": "REQUIRED", "skip-verify": "REQUIRED",
    "false": "DISABLED", "disabled": "DISABLED", "disable": "DISABLED",
}  # fmt: skip


def parse(url: str, variable: str, project: Path) -> Address:
    """Return the address. Raises Usage (database-url)."""
    whole = _url.parse(url, variable)
    host, port, socket, path = _server(whole, variable)
    options = {name.lower(): value for name, value in whole.options.items()}
    socket = socket or next((options[name] for name in _SOCKETS if options.get(name)), "")
    database = path.strip("/")
    parts = {"host": host, "port": port or options.get("port", ""), "socket": socket}
    parts |= {"user": whole.user, "database": database, "form": whole.secret}
    parts |= {_FILES[name]: value for name, value in options.items() if name in _FILES}
    mode = next((options[name].lower() for name in _MODES if options.get(name)), "")
    parts["tls"] = _TLS.get(mode, "")
    if not database:
        raise _url.unusable(variable, "it names no database")
    if any(re.search(r"[\x00-\x1f]", value) for value in parts.values()):
        raise _url.unusable(variable, "a part of it contains a line break")
    at = socket or host or "this machine"
    location = clean(f"{database} at {at}" + (f":{port}" if port and not socket else ""), 80)
    given = {name: value for name, value in parts.items() if value or name == "form"}
    return Address("mysql", variable, clean(database, 60), location, given)


def password(url: str, variable: str) -> str:
    """Return the password in a URL. Raises Usage (database-url)."""
    return _url.parse(url, variable).password if url.strip() else ""


def options(address: Address) -> Iterator[tuple[str, str]]:
    """Yield the options of MariaDB's and MySQL's programs, by their names in an option file.

    "loose" ones are about the other program: TLS is spelled differently by the two.
    """
    parts = address.parts
    for name in ("user", "ssl-ca", "ssl-cert", "ssl-key"):
        if name in parts:
            yield name, parts[name]
    if "socket" in parts:
        yield "socket", parts["socket"]
    elif "host" in parts:
        yield "host", parts["host"]
        yield "port", parts.get("port", "3306")
        yield "protocol", "tcp"  # "localhost" would be a socket
    if mode := parts.get("tls"):
        yield "loose-ssl-mode", mode
        yield "loose-ssl", "0" if mode == "DISABLED" else "1"
        yield "loose-ssl-verify-server-cert", "1" if mode.startswith("VERIFY") else "0"


def _server(whole: _url.Url, variable: str) -> tuple[str, str, str, str]:
    """Return host, port, socket and path."""
    if protocol := _PROTOCOL.fullmatch(whole.host + whole.path):
        kind, server, path = protocol.groups()
        if kind == "unix":
            return "", "", server, path
    else:
        server, path = whole.host, whole.path
    match = _HOST.fullmatch(server)
    if match is None:
        raise _url.unusable(variable, "it names several hosts")
    return match[1].strip("[]"), match[2] or "", "", path
