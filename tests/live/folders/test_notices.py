"""Receivers on this machine hear of real runs: one that answers, one that hangs, one that fails, one that sends elsewhere."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from folders_site import Site

SECRET = "T0/B0/s3cret"


class Receiver(ThreadingHTTPServer):
    """`status` None: it takes the request and never answers."""

    daemon_threads = True

    def __init__(self, status: int | None, location: str = "") -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status, self.location, self.bodies, self.leave = (
            status,
            location,
            [],
            threading.Event(),
        )
        self.url = f"http://127.0.0.1:{self.server_port}/{SECRET}"

    def events(self) -> list[str]:
        return [body["event"] for body in self.bodies]


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def log_message(self, *words: object) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.bodies.append(body)
        if self.server.status is None:
            self.server.leave.wait(60)
            return
        self.send_response(self.server.status)
        self.send_header("location", self.server.location)
        self.send_header("content-length", "0")
        self.end_headers()


@contextmanager
def receiving(status: int | None, location: str = "") -> Iterator[Receiver]:
    server = Receiver(status, location)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server
    finally:
        server.leave.set()
        server.shutdown()
        server.server_close()


@pytest.fixture
def receivers(good_site: Site) -> Iterator[dict[str, Receiver]]:
    """Four of them in the settings, each by the name of its variable."""
    with ExitStack() as stack:
        elsewhere = stack.enter_context(receiving(200))
        made = {
            "WELL": stack.enter_context(receiving(200)),
            "HANGS": stack.enter_context(receiving(None)),
            "FAILS": stack.enter_context(receiving(500)),
            "MOVED": stack.enter_context(receiving(307, elsewhere.url)),
        }
        good_site.settings(notify=[{"url": name} for name in (*made, "UNSET")])
        good_site.environment |= {name: server.url for name, server in made.items()}
        yield {**made, "ELSEWHERE": elsewhere}


def told(site: Site) -> dict[tuple[str, str], str]:
    """What the audit has about receivers: variable and event -> result."""
    file = site.project / ".claude/deployment-rollback/audit.jsonl"
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    return {
        (row["variable"], row["notice"]): row["result"] for row in rows if row["event"] == "notice"
    }


def everything_written(site: Site) -> str:
    files = (
        path for path in site.project.rglob("*") if path.is_file() and ".git/" not in str(path)
    )
    return "".join(path.read_text(errors="replace") for path in files)


def test_a_run_and_its_restore_are_told_and_no_receiver_is_in_the_way(
    good_site: Site, receivers: dict[str, Receiver]
):
    plan = good_site.plan()
    unset = [each for each in plan["findings"] if each["code"] == "notify-unset"]
    assert [each["level"] for each in unset] == ["warning"] and "UNSET" in unset[0]["message"]
    done = good_site.execute(plan)
    assert (done["outcome"], good_site.answer()) == ("done", (200, "v1.2.1"))
    well = receivers["WELL"]
    assert well.events() == ["started", "done"]
    (move,) = well.bodies[1]["moves"]
    assert "v1.2.3" in move["from"] and "v1.2.1" in move["to"] and move["now"] == move["to"]
    assert well.bodies[1]["health"] == "healthy" and well.bodies[1]["reason"] == "a test"
    assert receivers["FAILS"].events() == ["started"] * 3 + ["done"] * 3
    assert receivers["ELSEWHERE"].events() == []
    results = told(good_site)
    assert results["WELL", "done"] == "sent"
    assert results["FAILS", "done"] == "HTTP 500"
    assert results["MOVED", "started"] == "a redirect (HTTP 307), not followed"
    assert "not set" in results["UNSET", "started"]
    assert "answer" in results["HANGS", "done"]
    assert SECRET not in everything_written(good_site) + json.dumps(done)
    assert good_site.restore(plan)["outcome"] == "restored"
    assert well.events() == ["started", "done", "started", "restored"]
    good_site.script("summary", "--verify-audit")


@pytest.fixture
def well(good_site: Site) -> Iterator[Receiver]:
    with receiving(200) as server:
        good_site.settings(notify=[{"url": "WELL"}])
        good_site.environment["WELL"] = server.url
        yield server


def test_a_run_that_is_refused_by_its_guard_is_told_as_failed(good_site: Site, well: Receiver):
    plan = good_site.plan()
    good_site.link(good_site.build("v1.2.4", 1))
    good_site.execute(plan, check=10)
    _, failed = well.bodies
    assert (failed["event"], failed["outcome"], failed["exit"]) == ("failed", "refused", 10)
    assert failed["message"]


def test_an_audit_that_cannot_be_written_at_the_end_fails_no_run(
    good_site: Site, well: Receiver, tmp_path: Path
):
    """The restart makes the audit a folder: by then the run is approved and begun."""
    audit = good_site.project / ".claude/deployment-rollback/audit.jsonl"
    swap = tmp_path / "swap"
    swap.write_text(f"#!/bin/sh\nrm -f '{audit}' && mkdir -p '{audit}'\n")
    good_site.settings(health=False, notify=[{"url": "WELL"}], restart=["sh", str(swap)])
    done = good_site.execute(good_site.plan(), check=11)
    assert (done["outcome"], well.events()[0]) == ("done", "started")


def test_a_rollback_that_serves_errors_is_told_as_failed(good_site: Site, well: Receiver):
    plan = good_site.plan()
    target = good_site.files / "releases" / plan["moves"][0]["to"]["id"] / "release.json"
    target.write_text(json.dumps({"version": "v1.2.1", "broken": True}))
    good_site.execute(plan, check=7)
    assert [(body["event"], body["exit"]) for body in well.bodies] == [
        ("started", None),
        ("failed", 7),
    ]
