"""`prisma migrate diff` of two schemas: the SQL that leads from the newer to the older one."""

from __future__ import annotations

import json
import posixpath
import re

from rollback.detection.files import folder
from rollback.migrations._computed import Computed, Files

_BY_HAND = "down.sql"

_DATASOURCE = re.compile(r"^\s*datasource\s+\w+\s*\{", re.MULTILINE)
# Prisma makes an enum anew in a transaction of its own
_TRANSACTION = re.compile(r"^(?:BEGIN|COMMIT);$", re.MULTILINE)
_BODY = re.compile(r"\$\w*\$")  # of a function or a procedure, which may commit
# Both schemas lie in a folder of their own while they are compared. Prisma 6 has other options than
# 7. Exit status 2 is a difference; an engine that dies leaves 0 and no output.
_DIFF = """
const fs = require("fs"), os = require("os"), path = require("path");
const { spawnSync } = require("child_process");
const trees = JSON.parse(fs.readFileSync(0, "utf8"));
const place = fs.mkdtempSync(path.join(os.tmpdir(), "schemas-"));
process.on("exit", () => fs.rmSync(place, { recursive: true, force: true }));
const schema = (name) => {
  for (const [file, text] of Object.entries(trees[name])) {
    const to = path.join(place, name, file);
    fs.mkdirSync(path.dirname(to), { recursive: true });
    fs.writeFileSync(to, text);
  }
  const files = Object.keys(trees[name]);
  return path.join(place, name, files.length === 1 ? files[0] : "");
};
const major = parseInt(require("prisma/package.json").version, 10);
const option = major >= 7 ? "schema" : "schema-datamodel";
const words = ["--no-install", "prisma", "migrate", "diff", "--script", "--exit-code"];
words.push(`--from-${option}`, schema("new"), `--to-${option}`, schema("old"));
const done = spawnSync("npx", words, { encoding: "utf8" });
process.stderr.write(done.stderr);
process.stdout.write(done.stdout);
process.exitCode = done.status === 2 || (done.status === 0 && done.stdout.trim()) ? 0 : 1;
"""


def given(place: str, new: Files, old: Files) -> str | None:
    """Return both schemas as JSON; None where a release has none."""
    trees = {"new": _schema(place, new), "old": _schema(place, old)}
    return json.dumps(trees) if all(trees.values()) else None


def _schema(place: str, files: Files) -> dict[str, str]:
    """Return the files of a schema: all below the one that names the datasource.

    That one lies beside the folder of the migrations; elsewhere only if there is no other one.
    """
    roots = {folder(path) for path, text in files.items() if _DATASOURCE.search(text)}
    beside = folder(place)
    root = beside if beside in roots else next(iter(roots)) if len(roots) == 1 else None
    if root is None:
        return {}
    start = "" if root == "." else f"{root}/"
    return {
        posixpath.relpath(path, root): text
        for path, text in files.items()
        if path.startswith(start)
    }


def script(text: str) -> str:
    """Return SQL without the BEGIN and COMMIT that Prisma writes; a body in it is left alone."""
    return text.strip() if _BODY.search(text) else _TRANSACTION.sub("", text).strip()


def by_hand(path: str) -> str:
    return f"{folder(path)}/{_BY_HAND}"


COMPUTED = Computed(
    HOME="package.json",
    engines=("postgresql",),
    schemas=(":(glob)**/*.prisma",),
    given=given,
    command=("node", "-e", _DIFF),
    script=script,
    by_hand=by_hand,
)
