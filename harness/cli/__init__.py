# PYTHON_ARGCOMPLETE_OK
"""The command line: one module per command; each parses, makes one call, and prints."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from typing import NoReturn

from harness.cli._completing import complete
from harness.cli._faults import explain, silence
from harness.cli._output import escape_unprintable
from harness.errors import HarnessError
from harness.execution.interrupts import raise_interrupts
from harness.guard import check_siblings

COMMANDS = (
    "list",
    "run",
    "status",
    "report",
    "plot",
    "compare",
    "plan",
    "archive",
    "check",
    "describe",
    "similarity",
    "export",
    "doctor",
    "latency",
    "bench",
    "tune",
    "ranks",
    "calibrate",
    "signal",
)

OK, JOB_FAILED, USER_ERROR, UNFINISHED = 0, 1, 2, 3


def build_parser() -> argparse.ArgumentParser:
    """Return the parser; a command's help is its module's docstring."""
    from harness.cli._version import Version  # needs an installed package: see main

    parser = argparse.ArgumentParser(
        prog="python -m harness",
        description="Search architectures on a proxy, use them on a target, compare methods.",
        epilog="Exit status: 0 ok, 1 a job failed, 2 user error, 3 stopped before the end.",
    )
    parser.add_argument("--version", action=Version, nargs=0, help="print the version, and stop")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name in COMMANDS:
        module = importlib.import_module(f"harness.cli.{name}")
        summary = (module.__doc__ or "").partition("\n")[0]
        command = commands.add_parser(name, help=summary, description=summary)
        module.add_arguments(command)
        command.add_argument("--json", action="store_true", help="print one JSON document")
        command.set_defaults(execute=module.execute)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run one command and return the process's exit status."""
    escape_unprintable()
    with raise_interrupts(_leave) as signals:
        try:
            return _execute(argv)
        except Exception:
            if not signals:
                raise
        except KeyboardInterrupt:
            pass
        return _tell_interrupted()


def _tell_interrupted() -> int:
    print("interrupted", file=sys.stderr, flush=True)
    return UNFINISHED


def _leave() -> NoReturn:
    os._exit(_tell_interrupted())


def _execute(argv: list[str] | None) -> int:
    try:
        parser = build_parser()
        complete(parser)
        args = parser.parse_args(argv)
        check_siblings()
        status = int(args.execute(args))
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # the reader, e.g. ``head``, has seen enough: perhaps not all
        silence()
        return UNFINISHED
    except (HarnessError, OSError, UnicodeError, ModuleNotFoundError) as error:
        line = explain(error)
        if line is None:
            raise
        print(f"error: {line}", file=sys.stderr)
        return USER_ERROR
