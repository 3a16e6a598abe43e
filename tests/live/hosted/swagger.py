"""Holds answers against a vendor's own Swagger 2.0 file. A null is allowed: live answers have them where the file forbids it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_KINDS = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict}  # fmt: skip


class Swagger:
    """The file of `path`; the answers of operations that it does not have are violations, too."""

    def __init__(self, path: Path) -> None:
        self._file = json.loads(path.read_text())
        self._operations = [
            (re.compile(re.sub(r"\{[^}]+\}", "[^/]+", template)), method.upper(), operation)
            for template, methods in self._file["paths"].items()
            for method, operation in methods.items()
            if method != "parameters"
        ]

    def violations(self, method: str, path: str, status: int, body: Any) -> list[str]:
        """What of an answer is not as published: of a path that nobody has, or fields."""
        for pattern, known, operation in self._operations:
            if known == method and pattern.fullmatch(path):
                return list(self._of_answer(operation, status, body))
        return [f"{method} {path}: not in the file"]

    def _of_answer(self, operation: Any, status: int, body: Any) -> Iterator[str]:
        name, answers = operation["operationId"], operation["responses"]
        if str(status) not in answers and status < 400:
            yield f"{name}: no answer {status}"
            return
        schema = answers.get(str(status), answers["default"]).get("schema")
        if schema is None:
            yield from [f"{name}: {status} has no body"] * (body is not None)
        else:
            yield from self._of_value(name, schema, body)

    def _of_value(self, at: str, schema: Any, value: Any) -> Iterator[str]:
        for part in schema.get("allOf", ()):
            yield from self._of_value(at, part, value)
        kind = schema.get("type")
        if value is None or kind is None:
            return
        if not isinstance(value, _KINDS[kind]) or (isinstance(value, bool) and kind != "boolean"):
            yield f"{at}: {value!r} is no {kind}"
        elif "enum" in schema and value not in schema["enum"]:
            yield f"{at}: {value!r} is none of {schema['enum']}"
        elif kind == "array":
            for number, item in enumerate(value):
                yield from self._of_value(f"{at}.{number}", schema["items"], item)
        elif kind == "object":
            yield from self._of_fields(at, schema, value)

    def _of_fields(self, at: str, schema: Any, value: dict[str, Any]) -> Iterator[str]:
        fields = schema.get("properties", {})
        if fields and "additionalProperties" not in schema:
            yield from (f"{at}.{name}: not in the file" for name in value.keys() - fields.keys())
        yield from (
            f"{at}.{name}: missing" for name in schema.get("required", ()) if name not in value
        )
        for name in fields.keys() & value.keys():
            yield from self._of_value(f"{at}.{name}", fields[name], value[name])
