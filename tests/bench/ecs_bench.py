#!/usr/bin/env python3
"""Prints the time and the requests of a plan for five ECS services, over HTTP on loopback, through the real botocore.

Usage: PYTHONPATH=scripts:.:tests/unit .venv/<X.Y>/bin/python tests/bench/ecs_bench.py      (bed: tests/live/beds/ecs.sh install)
"""

from __future__ import annotations

import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from ecs_recorded import Account

ROOT = Path(__file__).parents[2]
NAMES = ("web", "worker", "mail", "search", "admin")
RUNS = 7


def served(account: Account) -> ThreadingHTTPServer:
    """A server that answers as the account does."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # headers and body are two writes

        def log_message(self, *words: Any) -> None:
            """Silent."""

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            operation = self.headers["x-amz-target"].rpartition(".")[2]
            name = re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
            account.requests.append(name)
            body = json.dumps(getattr(account, name)(asked), default=datetime.timestamp).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    return server


def project(folder: Path) -> None:
    facts = {"cluster": "prod", "services": list(NAMES), "region": "eu-central-1"}
    settings = {"environments": {"staging": {"protected": False, "platform": "ecs", "ecs": facts}}}
    (folder / ".claude").mkdir()
    (folder / ".claude/deployment-rollback.yml").write_text(json.dumps(settings))
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)


def main() -> None:
    account = Account(
        {name: [f"{name}:{n} SUCCESSFUL {30 - n}d" for n in range(20, 0, -1)] for name in NAMES},
        registry={},
        refusals={},
    )
    server = served(account)
    bed = subprocess.run(
        ["bash", str(ROOT / "tests/live/beds/ecs.sh"), "aws"],
        capture_output=True,
        text=True,
        check=True,
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project(folder)
        environment = {
            "PATH": f"{os.path.dirname(bed.stdout.strip())}:{os.environ['PATH']}",
            "HOME": name,
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "y",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
        }
        words = [sys.executable, str(ROOT / "scripts/plan.py"), "staging", "--json", "--dry-run"]
        times, cpu = [], []
        for _ in range(RUNS):
            account.requests.clear()
            before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            done = subprocess.run(
                words, cwd=folder, env=environment, capture_output=True, text=True
            )
            times.append(time.perf_counter() - began)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
            assert json.loads(done.stdout)["verdict"] in ("dry-run", "blocked"), (
                done.stdout + done.stderr
            )
    print(
        f"plan of {len(NAMES)} services: median {statistics.median(times):.2f} s, best {min(times):.2f} s,"
    )
    print(
        f"  processor {min(cpu):.2f} s, {len(account.requests)} requests: {sorted(account.requests)}"
    )


if __name__ == "__main__":
    main()
