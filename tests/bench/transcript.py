"""A picture of a run for the README: the demo's shop as production, rolled back by the real scripts while a person answers at a terminal.

Usage: .venv/<X.Y>/bin/python tests/bench/transcript.py [--write]      (--write: replace the block in README.md)
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests/unit")]

import person  # noqa: E402

from demo import project as shops  # noqa: E402

README = ROOT / "README.md"
BEGIN, END = "<!-- transcript: tests/bench/transcript.py -->\n", "<!-- end of transcript -->\n"
PHRASE = "ROLLBACK PRODUCTION"
COMMANDS = (
    ("plan", "production", "previous", "--reason", "checkout answers 500"),
    ("execute",),
)


def main(words: list[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="rb-") as folder:
        shop = production(Path(folder).resolve())
        subprocess.run(shop.control("restart"), check=True)
        try:
            text = "\n\n".join(commands(shop))
        finally:
            subprocess.run(shop.control("stop"), check=True)
    print(text)
    if words == ["--write"]:
        README.write_text(replaced(README.read_text(encoding="utf-8"), text), encoding="utf-8")


def production(root: Path) -> shops.Shop:
    """The demo's shop, whose only environment is called production; nothing in its settings answers for a person."""
    shop = shops.make(root)
    restart = shop.server / "shared" / "restart"
    restart.write_text(f'#!/bin/sh\nexec {shlex.join(shop.control("restart"))} "$@"\n')
    restart.chmod(0o755)
    settings = shop.project / ".claude/deployment-rollback.yml"
    kept = (
        line
        for line in settings.read_text().replace("  demo:", "  production:").splitlines()
        if not line.strip().startswith(("protected:", "unattended:", "restart:"))
    )
    lines = [*kept, "    restart: [../../shared/restart]", ""]
    settings.write_text("\n".join(lines))
    return shop


def commands(shop: shops.Shop) -> Iterator[str]:
    """What a person types, and everything that the terminal shows."""
    for name, *words in COMMANDS:
        argv = [sys.executable, str(ROOT / f"scripts/{name}.py"), *words]
        typed = shlex.join(["python3", "SKILL/" + f"scripts/{name}.py", *words])
        status, shown = at_terminal(shop, argv)
        assert status == 0, shown
        yield shortened(f"$ {typed}\n{shown}", shop)


def at_terminal(shop: shops.Shop, argv: list[str]) -> tuple[int, str]:
    home = shop.root / "home"
    home.mkdir(exist_ok=True)
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "COLUMNS": "200"}
    in_project = ["env", f"--chdir={shop.project}", *argv]
    status, screen = person.at_terminal(in_project, environment, PHRASE)
    return status, screen.rpartition("\n[exit ")[0].strip("\n")


def shortened(text: str, shop: shops.Shop) -> str:
    """The same text with the paths, the port and the host of an ordinary server; a digest by its beginning."""
    names = {
        "SKILL": "$skill",
        str(ROOT): "$skill",
        str(shop.server): "/srv/shop",
        str(shop.project): "/home/ana/shop",
        f"127.0.0.1:{shop.port}": "127.0.0.1:8080",
        f"{os.uname().nodename}:": "web1:",
    }
    for long, short in names.items():
        text = text.replace(long, short)
    text = re.sub(rf"{re.escape(str(shop.root)[:6])}\S*…", "/srv/shop", text)  # was cut short
    return re.sub(r"\b([0-9a-f]{8})[0-9a-f]{56}\b", r"\1...", text)


def replaced(readme: str, text: str) -> str:
    """The README with this text between its marks."""
    before, _, rest = readme.partition(BEGIN)
    after = rest.partition(END)[2]
    assert after, "README.md has lost the marks of the transcript"
    return f"{before}{BEGIN}```console\n{text}\n```\n{END}{after}"


if __name__ == "__main__":
    main(sys.argv[1:])
