"""Types of settings values that every adapter's SETTINGS may use; needs msgspec only."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

Text = Annotated[str, Meta(min_length=1, max_length=1000)]
