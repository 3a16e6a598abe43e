"""`kubectl` of a cluster that is one JSON file: {"live": {name: {"uid": ..., "template": ...}}, "refuse": {name: message}, "asked": [...]}.

Usage: wave_cluster.py FILE ARGUMENT... It reads, patches, and serves patches as `kubectl proxy` does.
"""

from __future__ import annotations

import fcntl
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from typing import Any

SAID = {
    403: "Error from server (Forbidden)",
    404: "Error from server (NotFound)",
    422: "The request is invalid",  # also where a test of a JSON patch fails
}


@contextmanager
def cluster() -> Iterator[dict[str, Any]]:
    with Path(sys.argv[1]).open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        state = json.load(file)
        yield state
        file.seek(0)
        file.truncate()
        json.dump(state, file)


def patch(name: str, operations: list[dict[str, Any]], how: str) -> tuple[int, str]:
    """HTTP status and message."""
    with cluster() as state:
        state.setdefault("asked", []).append(f"{how} {name}")
        if message := state.get("refuse", {}).get(name):
            return 403, message
        live = state["live"].get(name)
        if live is None:
            return 404, f'deployments.apps "{name}" not found'
        uid, template, new = (operation["value"] for operation in operations[:3])
        if [uid, template] != [live["uid"], live["template"]]:
            return 422, "the server rejected our request due to an error in our request"
        live["template"] = new
        return 200, ""


class Proxy(BaseHTTPRequestHandler):
    def do_PATCH(self) -> None:
        operations = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status, message = patch(self.path.rpartition("/")[2], operations, "proxy")
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps({"message": message}, indent=2).encode())

    def address_string(self) -> str:
        return "socket"

    def log_message(self, *_: Any) -> None:
        return


def serve(words: list[str]) -> None:
    with cluster() as state:
        state["proxy"] = words
        if "broken" in state:
            sys.exit("error: no such context")
    path = next(word.partition("=")[2] for word in words if word.startswith("--unix-socket"))
    ThreadingUnixStreamServer(path, Proxy).serve_forever()


def main(words: list[str]) -> None:
    verb = next(word for word in words if word in ("get", "patch", "proxy"))
    if verb == "proxy":
        serve(words)
    elif verb == "patch":
        file = next(word.partition("=")[2] for word in words if word.startswith("--patch-file"))
        name = words[words.index("patch") + 2]
        status, message = patch(name, json.loads(Path(file).read_text()), "kubectl")
        sys.exit(f"{SAID[status]}: {message}" if status != 200 else 0)
    elif "namespace" in words and "kube-system" in words:
        print("uid-cluster")
    else:
        with cluster() as state:
            for name in state["order"]:
                live = state["live"].get(name)
                text = json.dumps(live and live["template"], sort_keys=True, separators=(",", ":"))
                print(f"{live['uid']} {text}" if live else "")


if __name__ == "__main__":
    main(sys.argv[2:])
