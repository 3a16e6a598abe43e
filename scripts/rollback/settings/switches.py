"""The options of plan.py for some platforms only; the adapters' settings.py declare them."""

from __future__ import annotations

from functools import cache

from rollback.platforms import platforms


@cache
def switches() -> dict[str, str]:
    """Name without dashes -> help text that says which platforms carry it out."""
    by_name: dict[str, dict[str, list[str]]] = {}
    for id in platforms.ids:
        for name, text in getattr(platforms.settings(id), "OPTIONS", {}).items():
            by_name.setdefault(name, {}).setdefault(text, []).append(id)
    return {name: _help(by_text) for name, by_text in sorted(by_name.items())}


def _help(by_text: dict[str, list[str]]) -> str:
    """Return one text for platforms that agree, such as "helm, kubernetes: suspend ..."."""
    return "; ".join(f"{', '.join(ids)}: {text}" for text, ids in by_text.items()) + "."
