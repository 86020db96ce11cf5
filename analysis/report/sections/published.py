"""Published results beside ours, where there are any for what was run."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

from analysis.answers.published import AGREES, CANNOT_TELL, DIFFERS, TAGS
from analysis.answers.published_figures import BEST, OURS
from analysis.loading.rows import Row
from analysis.numbers import decimal, joined, several
from analysis.report.document import Block, Fold, Listing, Section, Text
from analysis.report.gallery import Gallery
from analysis.report.sections.grids import Column, difference, fields, grid
from analysis.study import Study

TITLE = "Published against measured"
ABOUT_FIGURES = (
    "Figures of the same space, data and size of networks, each with its quantity: only equal ones "
    "may be compared. The best of several searches is above their mean by being chosen, and "
    "authors release a cell that they chose."
)


def section(study: Study, gallery: Gallery) -> Section:
    """Compare like with like; empty where nothing was published for what was run."""
    columns: list[Column] = [
        *fields("method"),
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
    blocks += _list_figures(study)
    return Section("published", TITLE, tuple(blocks), _summary(study))


def _list_figures(study: Study) -> Iterator[Block]:
    """Set figures of DARTS' space side by side, each with its quantity."""
    figures = study.figures
    yield from (Text(refused) for refused in figures.refused)
    if len(figures.table):
        columns: list[Column] = [
            ("method", lambda row: str(row["method"])),
            ("searched → trained on", _path),
            ("quantity", _name_quantity),
            ("reached by", lambda row: joined((row["reached_by"], row["who"]))),
            ("accuracy ± SD (n), %", _accuracy),
            ("[95 % CI]", _limits),
            ("published as", lambda row: str(row["title"])),
            ("from", _origin),
        ]
        yield Text(ABOUT_FIGURES)
        yield grid("published_figures", figures.table, columns)


def _summary(study: Study) -> str:
    """Say how many published results there are, and whether ours agree where that is judged."""
    verdicts, figures = study.published["verdict"], study.figures.table
    told = [_count_verdicts(verdicts)] if len(verdicts) else []
    if published := int((figures["reached_by"] != OURS).sum()):
        told.append(f"{several(published, 'published figure')} of the space beside ours.")
    return " ".join(told) or "Published figures that are of other rules."


def _count_verdicts(verdicts: pd.Series[str]) -> str:
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


def _name_quantity(row: Row) -> str:
    return f"best of {row['best_of']:.0f}" if row["estimand"] == BEST else str(row["estimand"])


def _accuracy(row: Row) -> str:
    is_known = not math.isnan(row["accuracy"])
    return _summarise(row["accuracy"], row["sd"], row["n"]) if is_known else "unknown"


def _limits(row: Row) -> str:
    has_limits = not math.isnan(row["low"])
    return f"[{decimal(row['low'])}, {decimal(row['high'])}]" if has_limits else ""


def _origin(row: Row) -> str:
    """Return where a figure was read; of ours only why there is no interval."""
    has_limits = not math.isnan(row["low"])
    return "" if has_limits else joined((row["origin"], row["tag"]))


def _quantity(row: Row) -> str:
    k = row["best_of"]
    return "mean over searches" if k == 1 else f"best of {k} searches by validation"


def _published(row: Row) -> str:
    return _summarise(row["published"], row["published_sd"], row["published_n"])


def _summarise(mean: float, sd: float, n: float) -> str:
    spread = "" if math.isnan(sd) else f" ± {decimal(sd)}"
    count = "n not stated" if math.isnan(n) else f"{n:.0f}"
    return f"{decimal(mean)}{spread} ({count})"


def _measured(row: Row) -> str:
    if math.isnan(row["ours"]):
        return f"unknown ({row['n']})"
    has_limits = not math.isnan(row["ours_low"])
    limits = f" [{decimal(row['ours_low'])}, {decimal(row['ours_high'])}]" if has_limits else ""
    return f"{decimal(row['ours'])}{limits} ({row['n']})"


def _verdict(row: Row) -> str:
    is_known = row["verdict"] != CANNOT_TELL or not math.isnan(row["low"])
    return row["verdict"] if is_known else f"{CANNOT_TELL} ({row['interval']})"
