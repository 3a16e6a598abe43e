"""Bash functions for the steps of a script.

templates/functions/: one file per adapter; what a script calls is rendered into it.
templates/libraries/: whole files, copied into the run folder of a script that calls them.
"""

from __future__ import annotations

import functools
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

TEMPLATES = Path(__file__).parents[3] / "templates"
FOLDER = TEMPLATES / "functions"
LIBRARIES = TEMPLATES / "libraries"

# A definition begins at the start of a line. It ends on that line, or with the next } at the
# start of a line.
_DEFINITION = re.compile(
    r"(?P<comment>(?:^\#[^\n]*\n)*)"
    r"^(?P<name>[a-z_][a-z0-9_]*)\ ?\(\)\ \{"
    r"(?:[^\n]*\}(?:\ *\#[^\n]*)?\n|.*?^\}\n)",
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)
# the first that matches wins: an escaped character, the command of a trap, a string, a comment
_SKIPPED = re.compile(
    r"(?P<escaped>\\.)|\btrap '(?P<trap>[^']*)'|(?P<double>\"(?:\\.|[^\"\\])*\")"
    r"|'[^']*'|(?:(?<=\s)|^)\#[^\n]*",
    re.DOTALL | re.MULTILINE,
)
# where a command begins: at the start of a line, after an operator or a keyword
_COMMAND = re.compile(
    r"(?:^|[;|&(){!]|\b(?:if|then|elif|else|do|while|until|declare\ -f)\s)\s*"
    r"(?=(?P<name>[a-z_][a-z0-9_]*)(?![\w=.-]))",
    re.MULTILINE,
)


class Function(Struct, frozen=True):
    """`text` is the definition with the comment above it; `code` is what bash runs of it.

    `library` is the file that has it; "" if it is rendered into the script.
    """

    name: str
    text: str
    code: str
    library: str = ""

    def calls(self) -> set[str]:
        """Return the names of commands, and those after `declare -f` (sent to a host)."""
        return set(_COMMAND.findall(self.code))

    def variables(self) -> set[str]:
        """Return the variables in capitals that it reads and does not set."""
        read = set(re.findall(r"\$\{?([A-Z][A-Z0-9_]*)", self.code))
        return read - set(re.findall(r"\b([A-Z][A-Z0-9_]*)=", self.code))


def parse(text: str, library: str = "") -> dict[str, Function]:
    """Return the functions of a file, in order."""
    functions = (
        Function(match["name"], match[0].rstrip("\n"), _code(match[0]), library)
        for match in _DEFINITION.finditer(text)
    )
    return {function.name: function for function in functions}


def _code(text: str) -> str:
    """Return the code without comments and single-quoted strings (awk, sed, data), traps apart."""

    def kept(match: re.Match[str]) -> str:
        if match["trap"] is not None:
            return f"; {match['trap']}"
        return match["escaped"] or match["double"] or ""

    return _SKIPPED.sub(kept, text)


@functools.cache
def known() -> Mapping[str, Function]:
    """Return every function of both folders by name; a test keeps names unique."""
    rendered = [parse(file.read_text()) for file in sorted(FOLDER.glob("*.sh"))]
    copied = [parse(file.read_text(), file.name) for file in sorted(LIBRARIES.glob("*.sh"))]
    return {name: function for file in rendered + copied for name, function in file.items()}


def called_by(words: Iterable[str]) -> list[Function]:
    """Return the functions named by these words and all that they call, in file order."""
    names = known().keys()
    needed: set[str] = set()
    waiting = set(words) & names
    while waiting:
        name = waiting.pop()
        needed.add(name)
        waiting |= (known()[name].calls() & names) - needed
    return [function for name, function in known().items() if name in needed]


def as_script(name: str) -> str:
    """Return a shell script that calls a function with its own arguments, to read by it."""
    return f'{known()[name].text}\n{name} "$@"\n'


def typed_in_release(folder: str, argv: Sequence[str]) -> str:
    """Return what a person types for the function `in_release`."""
    path = 'PATH="$PWD/.venv/bin:$PWD/venv/bin:$PWD/node_modules/.bin:$PATH"'
    return f"cd {shlex.join((folder,))} && {path} {shlex.join(argv)}"
