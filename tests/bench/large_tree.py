"""A repository of 20,000 files of many kinds, with what detection looks for scattered among them."""

from __future__ import annotations

import subprocess
from pathlib import Path

_KINDS = {
    "ts": (8000, "export const a = 1;\n" * 30), "py": (4000, "import os\n" * 40), "go": (2000, "package x\n" * 30), "md": (1500, "# x\n" * 40),
    "yaml": (1500, "key: value\nlist:\n  - a\n" * 20), "json": (1500, '{"a": 1}\n' * 20), "js": (800, "module.exports = {};\n" * 10),
    "sql": (500, "CREATE TABLE a (id int);\n" * 10), "tf": (200, 'resource "x" "y" {}\n' * 20),
}  # fmt: skip


def make(root: Path) -> Path:
    """20,000 tracked files in 60 packages, some of them in folders named migrations, and 3,000 that git ignores."""
    for kind, (count, text) in _KINDS.items():
        for number in range(count):
            folder = (
                root
                / f"packages/p{number % 60}/src/mod{number % 17}"
                / ("migrations" if number % 20 == 0 else "lib")
            )
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"f{number}.{kind}").write_text(text)
    (root / "compose.yaml").write_text(
        "services:\n  web:\n    image: acme/shop\n    restart: always\n"
    )
    (root / "package.json").write_text(
        '{"dependencies": {"knex": "3", "typeorm": "0.3", "node-pg-migrate": "7"}}'
    )
    (root / ".gitignore").write_text("node_modules\n")
    (root / "node_modules").mkdir()
    for number in range(3000):
        (root / f"node_modules/f{number}.js").write_text("1")
    for words in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *words], cwd=root, check=True)
    return root
