"""Published results beside ours, where there are any for what was run."""

from __future__ import annotations

from analysis.answers.evaluation import Results
from analysis.answers.published import (
    POINTS,
    STANDARD_ERRORS,
    TAGS,
    Row,
    compare_published,
    read_published,
)
from analysis.numbers import brief, decimal, joined
from analysis.report.document import Block, Grid, Listing, Section, Text
from analysis.report.gallery import Gallery

TITLE = "Published against measured"
COLUMNS = (
    "method",
    "searched → trained on",
    "published mean ± SD (searches)",
    "how sure",
    "measured mean [95 % CI] (searches)",
    "difference, pp",
    "at most, pp",
    "protocol",
    "verdict",
)


def section(results: Results, gallery: Gallery) -> Section:
    """Compare means; empty where nothing was published for what was run."""
    blocks: list[Block] = []
    for document in read_published():
        rows = [
            (row, document["searched"])
            for study in results.studies
            for row in compare_published(
                document, study, results.members(study)[0][1], results.units
            )
        ]
        if rows:
            blocks.append(_explain(document["source"], [row for row, _ in rows]))
            texts = tuple(_texts(row, searched) for row, searched in rows)
            blocks.append(Grid("published", COLUMNS, texts))
            blocks.append(Text("What is known to differ even under the published protocol:"))
            blocks.append(Listing(tuple(document["differences"])))
    return Section("published", TITLE, tuple(blocks))


def _explain(source: str, rows: list[Row]) -> Text:
    tags = dict.fromkeys(row.tag for row in rows)
    sure = joined(f"{tag}: {TAGS[tag]}" for tag in tags)
    return Text(
        f"Published: {source} ({sure}). Means agree if they differ by at most {POINTS:g} points or "
        f"{STANDARD_ERRORS:g} standard errors of the difference, whichever is more; under another "
        "protocol there is no verdict."
    )


def _texts(row: Row, searched: str) -> tuple[str, ...]:
    ours = row.ours
    limits = "" if ours.low != ours.low else f" [{decimal(ours.low)}, {decimal(ours.high)}]"
    return (
        row.method,
        searched if searched == row.task else f"{searched} → {row.task}",
        f"{decimal(row.published)} ± {decimal(row.deviation)} ({row.trials})",
        row.tag,
        f"{decimal(ours.estimate)}{limits} ({row.n})",
        decimal(ours.estimate - row.published, signed=True),
        brief(row.bound),
        joined(row.differences, "as published"),
        row.verdict,
    )
