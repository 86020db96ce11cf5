"""Check one plugin against the contract of its kind."""

from __future__ import annotations

import argparse
import json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("name", help="a method, space, task or evaluator")
    parser.add_argument(
        "--kind", choices=("method", "space", "task", "evaluator"), help="if the name is ambiguous"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def execute(args: argparse.Namespace) -> int:
    """Print each clause and whether it holds; 1 if one does not."""
    from harness.testing.check import check_plugin

    verdicts = check_plugin(args.name, args.kind)
    if args.json:
        print(json.dumps([verdict.to_json() for verdict in verdicts], indent=2))
    else:
        for verdict in verdicts:
            print(verdict.to_line())
    return 1 if any(verdict.status == "failed" for verdict in verdicts) else 0
