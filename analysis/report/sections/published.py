"""Published results beside ours, where there are any for what was run."""

from __future__ import annotations

import math

import pandas as pd

from analysis.answers.published import AGREES, CANNOT_TELL, DIFFERS, TAGS
from analysis.loading.rows import Row
from analysis.numbers import decimal, joined, several
from analysis.report.document import Block, Fold, Listing, Section, Text
from analysis.report.gallery import Gallery
from analysis.report.sections.grids import Column, difference, grid
from analysis.study import Study

TITLE = "Published against measured"


def section(study: Study, gallery: Gallery) -> Section:
    """Compare like with like; empty where nothing was published for what was run."""
    columns: list[Column] = [
        ("method", lambda row: str(row["method"])),
        ("searched → trained on", _path),
        ("quantity", _quantity),
        ("published ± SD (n)", _published),
        ("how sure", lambda row: str(row["tag"])),
        ("measured [95 % CI] (n)", _measured),
        ("difference, pp [95 % CI]", lambda row: difference(row, "difference")),
        ("protocol", lambda row: row["protocol"] or "as published"),
        ("verdict", _verdict),
    ]
    table = study.published
    blocks: list[Block] = []
    for document in study.papers:
        rows = table[table["paper"] == document["source"]]
        if len(rows):
            tags = joined(f"{tag}: {TAGS[tag]}" for tag in rows["tag"].unique())
            blocks.append(Text(f"Published: {document['source']} ({tags}). {_rule(rows)}"))
            blocks.append(grid("published", rows, columns))
            differences = (Listing(tuple(document["differences"])),)
            blocks.append(Fold("What differs even under the published protocol", differences))
    return Section("published", TITLE, tuple(blocks), _summary(table["verdict"]))


def _summary(verdicts: pd.Series[str]) -> str:
    words = {AGREES: "agree", DIFFERS: "differ", CANNOT_TELL: "cannot be told"}
    counts = verdicts.value_counts()
    known = [f"{counts[name]} {text}" for name, text in words.items() if name in counts]
    told = ", ".join(known) or "none"
    return f"{several(len(verdicts), 'published result')} beside ours; same protocol: {told}."


def _rule(rows: pd.DataFrame) -> str:
    return (
        f"A result agrees if the whole interval of the difference is within "
        f"{rows['margin'].iloc[0]:g} points, and differs if the interval excludes zero and reaches "
        "beyond them; else the runs cannot tell. The interval holds the published spread, too "
        "(Welch). Under another protocol there is no verdict."
    )


def _path(row: Row) -> str:
    source, target = row["source"], row["target"]
    return str(target) if source == target else f"{source} → {target}"


def _quantity(row: Row) -> str:
    k = row["best_of"]
    return "mean over searches" if k == 1 else f"best of {k} searches by validation"


def _published(row: Row) -> str:
    sd = "" if math.isnan(row["published_sd"]) else f" ± {decimal(row['published_sd'])}"
    n = "n not stated" if math.isnan(row["published_n"]) else f"{row['published_n']:.0f}"
    return f"{decimal(row['published'])}{sd} ({n})"


def _measured(row: Row) -> str:
    if math.isnan(row["ours"]):
        return f"unknown ({row['n']})"
    has_limits = not math.isnan(row["ours_low"])
    limits = f" [{decimal(row['ours_low'])}, {decimal(row['ours_high'])}]" if has_limits else ""
    return f"{decimal(row['ours'])}{limits} ({row['n']})"


def _verdict(row: Row) -> str:
    is_known = row["verdict"] != CANNOT_TELL or not math.isnan(row["low"])
    return row["verdict"] if is_known else f"{CANNOT_TELL} ({row['interval']})"
