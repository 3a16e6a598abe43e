"""Any receiver of JSON: the notice as it is."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from rollback.model import Notice
from rollback.notify._receiver import Post


def post(notice: Notice, url: str, variables: Mapping[str, str]) -> Post:
    return Post(msgspec.to_builtins(notice))
