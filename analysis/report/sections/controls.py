"""What findings owe to the data of their source, beside controls without information."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from analysis.answers.comparisons.records import Verdict
from analysis.answers.transfer.controls import CONTROLS
from analysis.loading.rows import Row, list_rows
from analysis.numbers import NOTHING, decimal, p_value, pair_label
from analysis.report.document import Block
from analysis.report.sections.grids import Column, difference, fields, grid, pair_columns
from analysis.study import Study

WAYS = {Verdict.SUPERIOR: "did better", Verdict.INFERIOR: "did worse"}


def controls(study: Study) -> Sequence[Block]:
    """Return the table of true sources against their controls; nothing without controls."""
    columns: list[Column] = [
        *pair_columns(),
        *fields("arm", "control"),
        ("n", lambda row: f"{row['n']} + {row['n_control']}"),
        ("true - control, pp [95 % CI]", lambda row: difference(row, "difference")),
        ("p", lambda row: p_value(row["p"])),
        ("Holm p", lambda row: p_value(row["p_holm"])),
        *fields("verdict"),
        ("share of the gain owed to the data [95 % CI]", _share),
        ("TOST p", lambda row: p_value(row["equivalent_p"])),
    ]
    table = study.controls
    return (grid("controls", table, columns),) if len(table) else ()


def tell(study: Study, things: str) -> Iterator[str]:
    """Yield a sentence for each arm and control; ``things`` is what architectures are called."""
    for row in list_rows(study.controls):
        source, target = row["source"], row["target"]
        without = CONTROLS[row["control"].removeprefix(source)]
        found = f"{things} found on {source}"
        way = WAYS.get(row["verdict"])
        told = (
            f"{found} {way} on {target} than {things} found there {without}"
            if way
            else f"no difference was shown on {target} between {found} and {things} found there "
            f"{without}"
        )
        means = f"{difference(row, 'difference')} points, Holm p {p_value(row['p_holm'])}"
        owed = ""
        if not math.isnan(row["share_low"]):
            owed = f"; of their gain over random {things} the data account for {_share(row)}"
        yield f"{row['method']}, {pair_label(source, target)}: {told} ({means}){owed}."


def _share(row: Row) -> str:
    if math.isnan(row["share"]):
        return NOTHING
    limits = f" [{decimal(row['share_low'])}, {decimal(row['share_high'])}]"
    return decimal(row["share"]) + ("" if math.isnan(row["share_low"]) else limits)
