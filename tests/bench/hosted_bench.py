#!/usr/bin/env python3
"""Prints the time and the requests of a plan on Heroku, Netlify and Vercel, over HTTP on loopback.

Usage: PYTHONPATH=.:tests/live/hosted .venv/<X.Y>/bin/python tests/bench/hosted_bench.py [--paths]      (bed: tests/live/beds/hosted.sh install)
"""

from __future__ import annotations

import contextlib
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import heroku_server
import netlify_server
import vercel_server
from hosted_site import Site, bed
from loopback import Loopback
from swagger import Swagger

ROOT = Path(__file__).parents[2]
RUNS = 9
BUILDS = 60  # in the history


def heroku() -> tuple[Loopback, dict[str, str], dict[str, str]]:
    made = heroku_server.Heroku()
    for days in range(BUILDS, 0, -1):
        made.deploy(f"{days:08x}" + "0" * 32, days)
    facts = {"app": made.app, "api": made.server.url}
    return made.server, facts, {"HEROKU_API_KEY": heroku_server.TOKEN}


def netlify() -> tuple[Loopback, dict[str, str], dict[str, str]]:
    made = netlify_server.Netlify(
        Swagger(bed("netlify-cli").parents[1] / "@netlify/open-api/dist/swagger.json")
    )
    for days in range(BUILDS, 0, -1):
        made.deploy(f"{days:08x}" + "0" * 32, days)
    facts = {"site": made.id, "api": made.server.url}
    return made.server, facts, {"NETLIFY_AUTH_TOKEN": netlify_server.TOKEN}


def vercel() -> tuple[Loopback, dict[str, str], dict[str, str]]:
    made = vercel_server.Vercel()
    for days in range(BUILDS, 0, -1):
        made.deploy(f"{days:08x}" + "0" * 32, days)
    facts = {"project": made.name, "team": made.slug, "api": made.server.url}
    return made.server, facts, {"VERCEL_TOKEN": vercel_server.TOKEN}


def measure(
    make: Callable[[], tuple[Loopback, dict[str, str], dict[str, str]]], paths: bool
) -> None:
    server, facts, token = make()
    platform = make.__name__
    with tempfile.TemporaryDirectory() as name, server.serving():
        site = Site(Path(name), platform, f"{server.url}/-/health", **facts)
        words = [sys.executable, str(ROOT / "scripts/plan.py"), "staging", "--json"]
        times, cpu = [], []
        for _ in range(RUNS):
            server.log.clear()
            before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            done = subprocess.run(
                [*words, "--dry-run"],
                cwd=site.project,
                env=site.environment | token,
                capture_output=True,
                text=True,
            )
            times.append(time.perf_counter() - began)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
            with contextlib.suppress(ValueError, KeyError):
                assert json.loads(done.stdout)["verdict"] == "dry-run", done.stdout
                continue
            raise AssertionError(done.stdout + done.stderr)
    asked = [path for _, path, _ in server.log]
    api = sum("/-/" not in path for path in asked)
    print(
        f"{platform}: median {statistics.median(times):.2f} s, best {min(times):.2f} s, "
        f"processor {min(cpu):.2f} s; {api} requests, and {len(asked) - api} pages of the site"
    )
    if paths:
        print("\n".join(f"  {path}" for path in asked))


def main() -> None:
    for platform in (heroku, netlify, vercel):
        measure(platform, "--paths" in sys.argv)


if __name__ == "__main__":
    main()
