"""The settings keys and the plan.py options of Kubernetes."""

from __future__ import annotations

from msgspec import Struct

from rollback.settings.fields import Text


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Workloads are chosen by name ("deployment/shop") or label selector; without either, all."""

    context: Text | None = None
    namespace: Text | None = None
    workloads: tuple[Text, ...] = ()
    selector: Text | None = None

    def __post_init__(self) -> None:
        if self.workloads and self.selector:
            raise ValueError("give either workloads or selector, not both")


SETTINGS = Settings
OPTIONS = {
    "suspend-owner": "suspend a GitOps owner as a step of the plan",
    "no-cluster-lock": "do without the Lease (when RBAC forbids it)",
    "no-inline-values": "keep env values out of all files and read templates at run time",
}
