"""Templates that shell-quote every `{{ value }}`; no template can turn that off."""

from __future__ import annotations

import functools
import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rollback.errors import Blocked
from rollback.text import clean

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parents[3] / "templates"
RUNNER = "runner.sh"
SCRIPT = "rollback.sh.j2"
_WIDTH = 140
_ESCAPES = {"\n": r"\n", "\t": r"\t", "\r": r"\r", "\\": r"\\", "'": r"\'"}


@functools.cache
def environment() -> Environment:
    """Return the environment without anything that bypasses the quoting."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    jinja = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,  # marks template text as safe, so only values are quoted
        finalize=quote,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        comment_start_string="{%#",  # "{#" is bash: ${#name}
        comment_end_string="#%}",
    )
    for unsafe in ("safe", "e", "escape", "forceescape", "tojson"):
        del jinja.filters[unsafe]
    jinja.filters["comment"] = comment
    jinja.filters["call"] = call
    jinja.filters["body"] = body
    return jinja


@functools.cache
def frame_names() -> frozenset[str]:
    """Return the frame's variables: no other value may have such a name."""
    frame = (TEMPLATES / RUNNER, TEMPLATES / SCRIPT)
    return frozenset(
        name for path in frame for name in re.findall(r"\b[A-Z][A-Z_]*\b", path.read_text())
    )


def comment(value: Any) -> Any:
    """Format a value for a line that starts with #."""
    return markup(clean(str(value), 150))


def call(groups: Sequence[Sequence[Any]]) -> Any:
    """Format a call; an option stays with its values, lines are wrapped."""
    return markup(" \\\n  ".join(_lines(groups, _WIDTH)))


def body(words: Sequence[Any]) -> Any:
    """Format a function's body, which is one command, on one line or several."""
    line = f"{{ {' '.join(str(quote(word)) for word in words)}; }}"
    if len(line) <= _WIDTH:
        return markup(line)
    lines = " \\\n    ".join(_lines(_with_values(words), _WIDTH))
    return markup(f"{{\n  {lines}\n}}")


def _with_values(words: Sequence[Any]) -> list[list[Any]]:
    """Group the words: an option stays with its value."""
    groups: list[list[Any]] = []
    for word in words:
        follows_option = bool(groups) and len(groups[-1]) == 1 and _is_option(groups[-1][0])
        if follows_option and not _is_option(word):
            groups[-1].append(word)
        else:
            groups.append([word])
    return groups


def _is_option(word: Any) -> bool:
    return str(word).startswith("--") and " " not in str(word)


def _lines(groups: Iterable[Sequence[Any]], width: int) -> Iterator[str]:
    """Wrap into lines; groups stay together unless one is too long."""
    line = ""
    for text in _texts(groups, width):
        if line and len(line) + len(text) >= width:
            yield line
            line = ""
        line = f"{line} {text}" if line else text
    yield line


def _texts(groups: Iterable[Sequence[Any]], width: int) -> Iterator[str]:
    for group in groups:
        words = [str(quote(word)) for word in group]
        text = " ".join(words)
        yield from [text] if len(text) <= width else words


def quote(value: Any) -> Any:
    """Quote a shell word on one line. Raises Blocked (not-for-a-script) for a NUL byte."""
    return value if hasattr(value, "__html__") else _quoted(str(value))


@functools.lru_cache(1 << 14)  # options and lines repeat for each of a thousand moves
def _quoted(text: str) -> Any:
    if "\0" in text:
        raise Blocked(
            "not-for-a-script",
            "a value contains a NUL byte, which no command can take",
            "report this as a bug",
        )
    return markup(_escaped(text) if re.search(r"[\x01-\x1f\x7f]", text) else shlex.quote(text))


def _escaped(text: str) -> str:
    r"""Quote as $'...': a line break in a value must not look like a script line."""
    escaped = (
        _ESCAPES.get(character)
        or (character if character >= " " and character != "\x7f" else f"\\{ord(character):03o}")
        for character in text
    )
    return f"$'{''.join(escaped)}'"


def markup(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)  # noqa: S704  (the one place that marks text as safe)
