"""Types of settings values that every adapter's SETTINGS may use; needs msgspec only."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

Text = Annotated[str, Meta(min_length=1, max_length=1000)]
# the name of an environment variable, for what must not stand in a file
Variable = Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")]
# a length of time: 90m, 24h, 7d
Age = Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,5}[smhd]$")]
# the base URL of a platform's API: https, or http on this machine
ApiUrl = Annotated[
    str,
    Meta(
        pattern=r"^(https://[^\s/?#@]+|http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?)(/[\w./-]*)?$",
        max_length=200,
    ),
]
