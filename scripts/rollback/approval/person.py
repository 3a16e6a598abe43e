"""Who is at work, as the system knows it: variables like USER can say anything."""

from __future__ import annotations

import os
import pwd

from rollback.text import clean


def name() -> str:
    """Return account@host; under sudo also who called it."""
    try:
        account = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's made-up uid
        account = f"uid {os.getuid()}"
    caller = os.environ.get("SUDO_USER", "")
    account = f"{caller} as {account}" if caller and os.getuid() == 0 else account
    return clean(f"{account}@{os.uname().nodename}", 100)
