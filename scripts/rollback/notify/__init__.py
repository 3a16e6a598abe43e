"""Who hears about a run: one file per kind of receiver, found by its name."""

from __future__ import annotations

from rollback.notify._receiver import Receiver
from rollback.registry import Registry

receivers: Registry[Receiver] = Registry("rollback.notify", __path__)
