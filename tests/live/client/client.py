"""One run of the real client: private HOME, clean environment, scripted model, and a person (or nobody) at its question."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fake_model import FakeModel

QUIET = {
    "LANG": "C.UTF-8", "TERM": "dumb", "SHELL": "/bin/bash", "ANTHROPIC_API_KEY": "sk-ant-dummy-not-a-key", "IS_SANDBOX": "1",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_TELEMETRY": "1", "DISABLE_ERROR_REPORTING": "1", "DISABLE_AUTOUPDATER": "1",
}  # fmt: skip

Person = str | Callable[[dict[str, Any]], str]


@dataclass
class Seen:
    """What happened: requests as the model got them, tool results as it saw them, questions as the person saw them."""

    exit: int
    requests: list[dict[str, Any]]
    everything: str
    asked: list[dict[str, Any]] = field(default_factory=list)
    said: str = ""

    @property
    def first(self) -> str:
        """The skill's text as the model got it."""
        return next(iter(_skills(self.requests[:1])), "")

    @property
    def shown(self) -> list[str]:
        """The skill's text for each prompt that started it and reached the model."""
        return _skills(self.requests[-1:])

    @property
    def replies(self) -> list[str]:
        """What the client printed, prompt by prompt."""
        replies = [""]
        for line in self.said.splitlines():
            replies[-1] += f"{line}\n"
            if _json(line).get("type") == "result":
                replies.append("")
        return replies[:-1]

    @property
    def texts(self) -> list[str]:
        """Every text that was sent to the model, once."""
        sent = (
            block
            for body in self.requests
            for message in body["messages"]
            for block in blocks(message)
        )
        return list(dict.fromkeys(block["text"] for block in sent if "text" in block))

    @property
    def results(self) -> list[str]:
        """Tool results, in order, each once."""
        found: dict[str, str] = {}
        for body in self.requests:
            for message in body["messages"]:
                for block in blocks(message):
                    if block["type"] == "tool_result":
                        found.setdefault(block["tool_use_id"], _text(block.get("content")))
        return list(found.values())


def _skills(requests: list[dict[str, Any]]) -> list[str]:
    sent = (block for body in requests for message in body["messages"] for block in blocks(message))
    return [
        block["text"]
        for block in sent
        if block.get("text", "").startswith("Base directory for this skill")
    ]


def run(
    program: Path, home: Path, project: Path, prompts: list[str], steps: list[Any],
    person: Person = "nobody", mode: str | None = None, flags: tuple[str, ...] = (), extra: dict[str, str] | None = None,
    sub_agent: list[Any] | None = None,
) -> Seen:  # fmt: skip
    """`person` is nobody, yes, no, or kill (the client): what every question is met with; or a function that is given the question and returns it."""
    model = FakeModel(steps, sub_agent or [])
    command = [
        str(program),
        "-p",
        "--output-format",
        "stream-json",
        "--verbose",
        *(("--permission-mode", mode) if mode else ()),
        *flags,
    ]
    environment = {**QUIET, "HOME": str(home), "ANTHROPIC_BASE_URL": model.url, **(extra or {})}
    try:
        return _drive(command, prompts, person, model, project, environment)
    finally:
        model.shutdown()
        model.server_close()


def _drive(
    command: list[str],
    prompts: list[str],
    person: Person,
    model: FakeModel,
    project: Path,
    environment: dict[str, str],
) -> Seen:
    command += [
        "--input-format",
        "stream-json",
        *(["--permission-prompt-tool", "stdio"] if person != "nobody" else []),
    ]
    queue, asked, lines = list(prompts), [], []
    process = subprocess.Popen(
        command, cwd=project, env=environment, text=True, start_new_session=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    killer = threading.Timer(100 + 20 * len(prompts), process.kill)
    killer.start()
    assert process.stdin and process.stdout
    _send(process, _prompt(queue.pop(0)))
    for line in process.stdout:
        lines.append(line)
        event = _json(line)
        if (
            event.get("type") == "control_request"
            and event["request"].get("subtype") == "can_use_tool"
        ):
            asked.append(event["request"])
            reply = person if isinstance(person, str) else person(event["request"])
            if reply == "kill":
                process.kill()
            else:
                _send(process, _answer(event, reply))
        elif event.get("type") == "result":
            if queue:
                _send(process, _prompt(queue.pop(0)))
            else:
                process.stdin.close()
    status = process.wait()
    killer.cancel()
    return Seen(status, model.requests, "\n".join(model.every_text), asked, "".join(lines))


def _answer(event: dict[str, Any], person: str) -> dict[str, Any]:
    yes = {"behavior": "allow", "updatedInput": event["request"]["input"]}
    no = {"behavior": "deny", "message": "The user said no."}
    answer = {
        "subtype": "success",
        "request_id": event["request_id"],
        "response": yes if person == "yes" else no,
    }
    return {"type": "control_response", "response": answer}


def _prompt(text: str) -> dict[str, Any]:
    return {"type": "user", "message": {"role": "user", "content": text}}


def _send(process: subprocess.Popen[str], value: dict[str, Any]) -> None:
    assert process.stdin
    try:
        process.stdin.write(json.dumps(value) + "\n")
        process.stdin.flush()
    except (BrokenPipeError, ValueError):
        pass  # the client has already gone


def _json(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def blocks(message: dict[str, Any]) -> list[dict[str, Any]]:
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(block.get("text", "") for block in content or [] if isinstance(block, dict))
