"""A scripted stand-in for the Messages API on loopback, for driving the real client offline.

Every request that offers tools takes the next step; others (titles, summaries) get "ok". When the steps are used up it says "done.".
A step: "text" | {"bash": "command"} | {"tool": name, "input": {...}} | {"calls": [step, ...]}. In strings `{next}` stands for the command of
the last `next:` line, `{run}` for the last run folder, in what the model has been sent. A sub-agent's requests take steps of their own.
"""

from __future__ import annotations

import json
import re
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SUB_AGENT = "You are the sub-agent."  # in a prompt: those who start with it have steps of their own


class FakeModel(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, steps: list[Any], sub_agent: list[Any]) -> None:
        self.steps, self.lock = {False: list(steps), True: list(sub_agent)}, threading.Lock()
        self.turns = {False: 0, True: 0}
        self.requests: list[
            dict[str, Any]
        ] = []  # bodies of the turns of the agent loop, sub-agents' too
        self.known = {"{next}": "echo no-next", "{run}": "/no-run"}
        self.every_text: list[str] = []  # whatever arrived, for secrets that must not
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """The client drops kept-alive sockets: not news."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def answer(self, body: dict[str, Any], raw: str) -> list[dict[str, Any]]:
        with self.lock:
            self.every_text.append(raw)
            if not body.get("tools"):
                return [{"type": "text", "text": "ok"}]
            self.requests.append(body)
            beneath = SUB_AGENT in json.dumps(body["messages"][0])
            number, steps = self.turns[beneath], self.steps[beneath]
            self.turns[beneath] += 1
            self.known = filled_words(raw, self.known)
        return blocks(filled(steps[number] if number < len(steps) else "done.", self.known))


def filled_words(raw: str, known: dict[str, str]) -> dict[str, str]:
    """What `{next}` and `{run}` stand for, after this request; a sub-agent has not seen them itself."""
    said = "\n".join(texts(json.loads(raw)))
    commands = re.findall(r"^next: (python3 .*/(?:execute|restore)\.py'? .*)$", said, re.M)
    runs = re.findall(r"\.py '?(/.*?\.rollback-checkpoint-\d{8}-\d{6})", said)
    return {
        "{next}": commands[-1] if commands else known["{next}"],
        "{run}": runs[-1] if runs else known["{run}"],
    }


def filled(step: Any, known: dict[str, str]) -> Any:
    if isinstance(step, dict):
        return {key: filled(value, known) for key, value in step.items()}
    if isinstance(step, list):
        return [filled(value, known) for value in step]
    if isinstance(step, str):
        return step.replace("{next}", known["{next}"]).replace("{run}", known["{run}"])
    return step


def texts(value: Any) -> list[str]:
    """Every string of a JSON document, in order."""
    if isinstance(value, str):
        return [value]
    nested = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in nested for text in texts(one)]


def blocks(step: Any) -> list[dict[str, Any]]:
    if isinstance(step, str):
        return [{"type": "text", "text": step}]
    return [call(one) for one in step.get("calls", [step])]


def call(step: dict[str, Any]) -> dict[str, Any]:
    given = (
        {"command": step["bash"], "description": "scripted step"}
        if "bash" in step
        else step.get("input", {})
    )
    return {
        "type": "tool_use",
        "id": f"toolu_{uuid.uuid4().hex[:16]}",
        "name": step.get("tool", "Bash"),
        "input": given,
    }


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two writes
    server: FakeModel

    def log_message(self, *arguments: Any) -> None:
        pass

    def _send(self, status: int, payload: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def do_GET(self) -> None:
        self._send(404, b'{"type":"error","error":{"type":"not_found_error","message":"fake"}}')

    do_HEAD = do_GET

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0)).decode(
            "utf-8", "replace"
        )
        path = self.path.split("?")[0]
        if path.endswith("/count_tokens"):
            return self._send(200, json.dumps({"input_tokens": len(raw) // 4}).encode())
        if not path.endswith("/messages"):
            return self.do_GET()
        body = json.loads(raw)
        content = self.server.answer(body, raw)
        if body.get("stream"):
            return self._send(200, events(body, content), "text/event-stream")
        return self._send(200, json.dumps(message(body, content)).encode())


def message(body: dict[str, Any], content: list[dict[str, Any]]) -> dict[str, Any]:
    usage = {
        "input_tokens": 1,
        "output_tokens": 1,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
    }
    stop = "tool_use" if any(block["type"] == "tool_use" for block in content) else "end_turn"
    return {"id": f"msg_{uuid.uuid4().hex[:16]}", "type": "message", "role": "assistant", "model": body.get("model", "fake"), "content": content,
            "stop_reason": stop, "stop_sequence": None, "usage": usage}  # fmt: skip


def events(body: dict[str, Any], content: list[dict[str, Any]]) -> bytes:
    whole = message(body, content)
    rows: list[tuple[str, dict[str, Any]]] = [
        ("message_start", {"message": {**whole, "content": [], "stop_reason": None}})
    ]
    for number, block in enumerate(content):
        if block["type"] == "text":
            start, delta = (
                {"type": "text", "text": ""},
                {"type": "text_delta", "text": block["text"]},
            )
        else:
            start, delta = (
                {**block, "input": {}},
                {"type": "input_json_delta", "partial_json": json.dumps(block["input"])},
            )
        rows += [("content_block_start", {"index": number, "content_block": start}), ("content_block_delta", {"index": number, "delta": delta}),
                 ("content_block_stop", {"index": number})]  # fmt: skip
    end = {
        "delta": {"stop_reason": whole["stop_reason"], "stop_sequence": None},
        "usage": whole["usage"],
    }
    rows += [("message_delta", end), ("message_stop", {})]
    return "".join(
        f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n" for name, data in rows
    ).encode()
