"""Config variables of two releases, compared by name and salted hash: values go no further."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

Hashes = Mapping[str, str]  # name -> salted hash of the value


class Difference(Struct, frozen=True):
    """Names of variables: what the rollback brings back, drops and changes."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]


def hashes(*answers: Any) -> list[Hashes]:
    """Return the variables of each answer, hashed with one salt, which is kept nowhere."""
    salt = secrets.token_bytes(16)
    return [
        {str(name): _hash(salt, value) for name, value in sorted(variables.items())}
        for variables in (answer if isinstance(answer, Mapping) else {} for answer in answers)
    ]


def difference(now: Hashes, then: Hashes) -> Difference:
    return Difference(
        added=tuple(sorted(then.keys() - now.keys())),
        removed=tuple(sorted(now.keys() - then.keys())),
        changed=tuple(sorted(name for name in now.keys() & then.keys() if now[name] != then[name])),
    )


def _hash(salt: bytes, value: object) -> str:
    return hashlib.sha256(salt + str(value).encode(errors="surrogateescape")).hexdigest()
