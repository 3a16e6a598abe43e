"""Requests and answers of AWS, held against the vendor's own service model."""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.session
from botocore.validate import ParamValidator


@cache
def model(service: str) -> Any:
    return botocore.session.Session().get_service_model(service)


def check(service: str, operation: str, body: Any, side: str) -> None:
    """Refuse what the vendor's model does not have, on the way there and back."""
    shape = getattr(model(service).operation_model(operation), side)
    if shape is None:
        assert not body, f"{operation} answers nothing"
        return
    _refuse_unknown(body, shape)
    report = ParamValidator().validate(body, shape)
    assert not report.has_errors(), f"{operation}: {report.generate_report()}"


def _refuse_unknown(value: Any, shape: Any) -> None:
    if shape.type_name == "structure" and isinstance(value, dict):
        unknown = sorted(set(value) - set(shape.members))
        assert not unknown, f"{shape.name} has no {', '.join(unknown)}"
        for key, item in value.items():
            _refuse_unknown(item, shape.members[key])
    elif shape.type_name == "list" and isinstance(value, list):
        for item in value:
            _refuse_unknown(item, shape.member)
    if getattr(shape, "enum", None) and isinstance(value, str):
        assert value in shape.enum, f"{shape.name} is never {value}"
