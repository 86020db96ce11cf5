"""Check one plugin against the contract of its kind."""

from __future__ import annotations

import argparse

from harness.cli._output import emit


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("name", help="a method, space, task or evaluator")
    parser.add_argument(
        "--kind", choices=("method", "space", "task", "evaluator"), help="if the name is ambiguous"
    )


def execute(args: argparse.Namespace) -> int:
    """Print each clause and whether it holds; 1 if one does not."""
    from harness.testing.check import check_plugin

    verdicts = check_plugin(args.name, args.kind)
    emit(verdicts, (verdict.to_line() for verdict in verdicts), is_json=args.json)
    return 1 if any(verdict.status == "failed" for verdict in verdicts) else 0
