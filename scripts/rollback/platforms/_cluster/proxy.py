"""A `kubectl proxy` for many reads over one connection.

It answers nothing but reads, on a Unix socket that only this user can open.
Kubeconfig, context, credential plugins, --as and proxies work as in any kubectl,
but log in once and not once for each read.
"""

from __future__ import annotations

import shutil
import socket

import msgspec

from rollback.model import Command
from rollback.shell import Answer, Served, Shell

# no lookahead in Go's expressions: whatever is not exactly GET
_NOT_GET = r"^[^G],^G[^E],^GE[^T],^GET."
# a GET there runs a command or talks to a workload
_NOT_READS = (
    r"^/api/.*/pods/[^/]+/(exec|attach|portforward|proxy)(/|$),"
    r"^/api/.*/(services|nodes)/[^/]+/proxy(/|$)"
)
_REFUSED = (400, 403, 404)  # a Status that the server sent says as much as kubectl would


def start(shell: Shell, context: str | None) -> None:
    """Begin to start the proxy; do not wait for it."""
    name = _name(context)
    if name in shell.served or shutil.which("kubectl") is None or not hasattr(socket, "AF_UNIX"):
        return
    chosen = ("--context", context) if context else ()
    words = ("proxy", f"--reject-methods={_NOT_GET}", f"--reject-paths={_NOT_READS}")
    shell.served[name] = Served(
        lambda path: Command(("kubectl", *chosen, *words, f"--unix-socket={path}")), shell.cwd
    )


def known_as(shell: Shell, context: str | None, name: str) -> None:
    """Let the current context and the context of that name share a proxy."""
    if proxy := shell.served.get(_name(context)):
        shell.served[_name(name)] = proxy


def ask(shell: Shell, context: str, path: str, timeout: float) -> Answer | None:
    """Return what `kubectl get --raw` would answer.

    None where only kubectl itself can answer: no proxy, no login or no connection.
    """
    proxy = shell.served.get(_name(context))
    if proxy is None or not proxy.ready():
        return None
    try:
        status, body = _get(proxy.path, path, timeout)
    except (OSError, ValueError):
        return None
    if status == 200:
        return Answer((0, body.decode(errors="replace"), ""))
    return _refused(body) if status in _REFUSED else None


def _refused(body: bytes) -> Answer | None:
    try:
        status = msgspec.json.decode(body)
        return Answer((1, "", f"Error from server ({status['reason']}): {status['message']}"))
    except (msgspec.DecodeError, KeyError, TypeError):
        return None  # the proxy's own error, not the server's


def _get(address: str, path: str, timeout: float) -> tuple[int, bytes]:
    """Read over HTTP/1.0, where the answer ends with the connection.

    Importing http.client would take longer than the read.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout)
        connection.connect(address)
        connection.sendall(
            f"GET {path} HTTP/1.0\r\nHost: localhost\r\nAccept: application/json\r\n\r\n".encode()
        )
        received = b"".join(iter(lambda: connection.recv(1 << 20), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), body


def _name(context: str | None) -> str:
    return f"kubectl {context or ''}"
