"""The migrations of two releases: which came with the newer one, and what they do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rollback.database_contracts import MigrationTool

if TYPE_CHECKING:
    from rollback.migrations._files import Script
    from rollback.verdicts.dialect import Engine
    from rollback.verdicts.rules import Judgement

Texts = Mapping[str, str]  # path -> text


def split(
    tool: MigrationTool, before: Texts, texts: Texts, added: set[str], changed: set[str]
) -> tuple[list[Script], list[Script]]:
    """Return the migrations of the older release and those that came since, in their order.

    They came in files that were added, or, where a file holds several, in one that has more now.
    """
    scripts = tool.read({**{path: texts.get(path, "") for path in added}, **before})
    older = [script for script in scripts if script.path not in added]
    came = [script for script in scripts if script.path in added]
    if not changed:
        return older, came
    every = tool.read(texts)
    came = [script for script in every if script.path in added]  # one that changed may list them
    known = {(script.path, script.id) for script in scripts}
    more = [it for it in every if it.path in changed and (it.path, it.id) not in known]
    if more:
        order = {(script.path, script.id): place for place, script in enumerate(every)}
        came = sorted([*came, *more], key=lambda it: order.get((it.path, it.id), len(order)))
    return older, came


def is_edited(tool: MigrationTool, path: str, before: str, after: str | None) -> bool:
    """Whether a migration of this file reads otherwise now, or is gone.

    A changelog that grew is as it was; a file of SQL that is no migration may be a part of one.
    """
    old = tool.read({path: before})
    new = tool.read({path: after}) if after is not None else []
    return any(script not in new for script in old) or (not old and path.endswith(".sql"))


def judged(
    came: Sequence[Script], before: Sequence[Script], known: str
) -> tuple[str, list[Judgement]]:
    """Return the dialect of their SQL ("" without any), and a judgement for each of `came`."""
    from rollback.verdicts import dialect
    from rollback.verdicts.judge import judge
    from rollback.verdicts.rules import worst
    from rollback.verdicts.schema import Schema

    scripts = [*before, *came]
    engine = _dialect(scripts, known)
    schema = Schema(it for script in before for it in dialect.resolve(script.operations, engine))
    rows = judge([dialect.resolve(script.operations, engine) for script in came], schema)
    return engine if _texts(scripts) else "", [worst(judgements) for judgements in rows]


def made_twice(came: Sequence[Script], before: Sequence[Script], known: str) -> dict[str, str]:
    """Return path -> a table or column that the migration makes although the old release has it."""
    from rollback.verdicts import dialect
    from rollback.verdicts.schema import Schema

    engine = _dialect([*before, *came], known)
    schema = Schema(it for script in before for it in dialect.resolve(script.operations, engine))
    found: dict[str, str] = {}
    for script in came:
        for operation in dialect.resolve(script.operations, engine):
            if what := schema.made_twice(operation):
                found.setdefault(script.path, what)
            schema.apply(operation)
    return found


def _dialect(scripts: Sequence[Script], known: str) -> Engine:
    """Return the dialect of an engine that is known, else the one that their SQL shows."""
    from rollback.verdicts import dialect

    named = next((name for name in dialect.ENGINES if name == known), None)
    texts = _texts(scripts)
    return named or (dialect.guess(texts) if texts else dialect.ENGINES[0])


def _texts(scripts: Sequence[Script]) -> list[str]:
    from rollback.verdicts.operations import Sql

    return [it.text for script in scripts for it in script.operations if isinstance(it, Sql)]
