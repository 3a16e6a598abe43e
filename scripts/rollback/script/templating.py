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
    """What could slip past the quoting is taken out."""
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
    """Variables of the frame, which no other value may be called."""
    frame = (TEMPLATES / RUNNER, TEMPLATES / SCRIPT)
    return frozenset(
        name for path in frame for name in re.findall(r"\b[A-Z][A-Z_]*\b", path.read_text())
    )


def comment(value: Any) -> Any:
    """A value on a line that starts with #."""
    return markup(clean(str(value), 150))


def call(groups: Sequence[Sequence[Any]]) -> Any:
    """A call whose words are grouped (an option with its values), on as many lines as it takes."""
    return markup(" \\\n  ".join(_lines(groups, _WIDTH)))


def body(words: Sequence[Any]) -> Any:
    """The body of a function that is one command: on one line, or on several."""
    line = f"{{ {' '.join(str(quote(word)) for word in words)}; }}"
    if len(line) <= _WIDTH:
        return markup(line)
    lines = " \\\n    ".join(_lines([[word] for word in words], _WIDTH))
    return markup(f"{{\n  {lines}\n}}")


def _lines(groups: Iterable[Sequence[Any]], width: int) -> Iterator[str]:
    """Groups stay together; one that is longer than a line is split into its words."""
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
    if hasattr(value, "__html__"):
        return value
    text = str(value)
    if "\0" in text:
        raise Blocked(
            "not-for-a-script",
            "a value contains a NUL byte, which no command can take",
            "report this as a bug",
        )
    return markup(_escaped(text) if re.search(r"[\x01-\x1f\x7f]", text) else shlex.quote(text))


def _escaped(text: str) -> str:
    r"""$'...': a value with a line break must not look like a line of the script."""
    escaped = (
        _ESCAPES.get(character)
        or (character if character >= " " and character != "\x7f" else f"\\{ord(character):03o}")
        for character in text
    )
    return f"$'{''.join(escaped)}'"


def markup(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)  # noqa: S704  (the one place that marks text as safe)
