#!/usr/bin/env python3
"""The hook that asks the person: reads one client event on stdin, answers on stdout.

Standard library only.

Whatever goes wrong here ends with exit 2, which blocks the command: a crash is a No.
"""

import json
import sys


def main() -> int:
    from rollback.approval import hook

    event = json.load(sys.stdin)
    kind = event.get("hook_event_name")
    if kind == "Stop":
        hook.turn_ended(event)
    elif kind == "UserPromptSubmit":
        if line := hook.typed(event):
            print(line)
    elif (answer := hook.before_tool(event)) is not None:
        print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Exception as error:
        print(
            f"deployment-rollback: the question could not be asked "
            f"({type(error).__name__}: {error}); nothing was run",
            file=sys.stderr,
        )
        sys.exit(2)
