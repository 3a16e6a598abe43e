"""The settings keys and the plan.py options of Helm."""

from __future__ import annotations

from msgspec import Struct

from rollback.settings.fields import Text


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """`releases` are rolled back in this order; without them, those of the project's charts."""

    context: Text | None = None
    namespace: Text | None = None
    releases: tuple[Text, ...] = ()


SETTINGS = Settings
OPTIONS = {
    "suspend-owner": "suspend a GitOps owner as a step of the plan",
    "no-cluster-lock": "do without the Lease (when RBAC forbids it)",
    "no-inline-values": "keep env values out of all files (values always stay in Helm)",
}
