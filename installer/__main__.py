"""The installer's command line."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

sys.path[0] = str(Path(__file__).resolve().parents[1])  # started as `python3 installer`
sys.dont_write_bytecode = True

from installer import actions  # noqa: E402
from installer.stop import Stop  # noqa: E402

USAGE = """\
install.sh [--dest DIR] [--from WHEELHOUSE]   install or upgrade; DIR is by default
                                              ~/.claude/skills/deployment-rollback
       install.sh --uninstall [--dest DIR]
       install.sh --demo                             see a rollback on a throw-away project
       install.sh --test [--live-required]           run the tests"""
CODES = """\
Without internet: on a machine that has it, with the same Python, run
  python3 -m pip download --only-binary :all: -r requirements.txt -d WHEELHOUSE
and bring this folder and WHEELHOUSE along.

Exit codes:
  0    done
  2    wrong words, or a destination that is not ours or cannot be written
  69   Python 3.10, pip or the packages are missing"""


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Stop(2, message, "see install.sh --help")


def parse(words: list[str]) -> argparse.Namespace:
    parser = _parser()
    options = parser.parse_args(words)
    if options.dest is not None and not options.dest.strip():
        parser.error("--dest is empty")
    if options.wheelhouse and not options.wheelhouse.is_dir():
        parser.error(f"--from: no such folder: {options.wheelhouse}")
    return options


def _parser() -> Parser:
    parser = Parser(
        prog="install.sh",
        usage=USAGE,
        epilog=CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    wheels = "take the packages from this folder, not from the network"
    uninstall = "remove what install.sh put there, nothing else"
    demo = (
        "about half a minute on a small machine; needs git; changes nothing but a new folder "
        "below the temporary one"
    )
    version = f"deployment-rollback {actions.version()}"
    parser.add_argument("--dest", metavar="DIR", help="destination; any folder name works")
    parser.add_argument("--from", metavar="WHEELHOUSE", type=Path, dest="wheelhouse", help=wheels)
    parser.add_argument("--version", action="version", version=version)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--uninstall", action="store_true", help=uninstall)
    what.add_argument("--demo", action="store_true", help=demo)
    return parser


def main(words: list[str]) -> None:
    options = parse(words)
    wheelhouse = options.wheelhouse and options.wheelhouse.resolve()
    if options.demo:
        demo(wheelhouse)
    dest = Path(options.dest) if options.dest else actions.default_dest()
    print(
        "\n".join(
            actions.uninstall(dest) if options.uninstall else actions.install(dest, wheelhouse)
        )
    )


def demo(wheelhouse: Path | None) -> NoReturn:
    if not (actions.ROOT / "demo").is_dir():
        raise Stop(
            2, "the demo is part of the repository, not of an installed copy", "run it in a clone"
        )
    print(f"Packages: {actions.unpack_here(wheelhouse)}", flush=True)
    os.execv(sys.executable, [sys.executable, str(actions.ROOT / "demo")])  # noqa: S606


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    try:
        main(sys.argv[1:])
    except Stop as stop:
        sys.stderr.write(f"{stop}\n")
        sys.exit(stop.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
