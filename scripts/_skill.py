"""Make a plain copy of this folder runnable: find cache/ and the unpacked packages.

Must parse on old Pythons.

Every script imports this first. Nothing is installed system-wide or downloaded here: in
the middle of an incident a missing package is one line saying what to run, and exit 69.
"""

import importlib.util
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PYTHON = "%d.%d" % sys.version_info[:2]
NEEDS = ("click", "jinja2", "yaml", "httpx", "filelock", "msgspec")


def _stop(message, fix):  # type: ignore[no-untyped-def]
    if "--json" in sys.argv:
        import json

        print(
            json.dumps(
                {"error": {"code": "not-installed", "message": message, "fix": fix, "exit": 69}}
            )
        )
    else:
        sys.stderr.write("error: %s\n  fix: %s\n" % (message, fix))
    sys.exit(69)


if sys.version_info < (3, 10):
    _stop(
        "deployment-rollback needs Python 3.10 or newer; this is %s" % PYTHON,
        "run it with a newer python3",
    )

sys.dont_write_bytecode = not os.access(ROOT, os.W_OK)
sys.path[1:1] = [ROOT, os.path.join(ROOT, ".deps", PYTHON)]

_missing = [name for name in NEEDS if importlib.util.find_spec(name) is None]
if _missing:
    _stop(  # type: ignore[no-untyped-call]
        "packages missing for Python %s: %s" % (PYTHON, ", ".join(_missing)),
        "bash '%s/install.sh' --dest '%s'" % (ROOT, ROOT),
    )
