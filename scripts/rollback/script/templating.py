"""Templates whose values are quoted by machine: every `{{ value }}` is a shell word on the way out, no template can forget it."""

from __future__ import annotations

import functools
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rollback.errors import Blocked
from rollback.text import clean

if TYPE_CHECKING:
    from jinja2 import Environment, Template

TEMPLATES = Path(__file__).parents[3] / "templates"


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
    jinja.filters["comment"] = lambda value: markup(
        clean(str(value), 200)
    )  # for lines that start with #
    jinja.filters["plain"] = lambda value: clean(str(value), 300)
    return jinja


def of_platform(platform: str | None) -> Template:
    """The platform's own template, or the bare frame."""
    return environment().select_template(
        [f"{(platform or '').replace('-', '_')}.sh.j2", "_base.sh.j2"]
    )


def functions(template: Template) -> frozenset[str]:
    """Names of the bash functions that the template's block `functions` defines: steps may call them like programs."""
    block = template.blocks.get("functions")
    source = "".join(block(template.new_context({}))) if block else ""
    return frozenset(re.findall(r"^([a-z_][a-z0-9_]*) ?\(\)", source, re.MULTILINE))


@functools.cache
def frame_names() -> frozenset[str]:
    """Variables of the frame, which no other value may be called."""
    return frozenset(
        name
        for path in TEMPLATES.glob("_*.j2")
        for name in re.findall(r"\b[A-Z][A-Z_]*\b", path.read_text())
    )


def quote(value: Any) -> Any:
    """A shell word, or one for each entry. Raises Blocked (not-for-a-script): no command can be given a NUL byte."""
    if hasattr(value, "__html__"):
        return value
    if isinstance(value, (list, tuple)):
        return markup(" ".join(str(quote(word)) for word in value))
    if "\0" in str(value):
        raise Blocked(
            "not-for-a-script",
            "a value holds a NUL byte, which no command can be given",
            "report this as a bug",
        )
    return markup(shlex.quote(str(value)))


def markup(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)  # noqa: S704  (the one place that marks text as safe)
