"""Published results beside ours, where there are any for what was run."""

from __future__ import annotations

from analysis.answers.published import (
    POINTS,
    STANDARD_ERRORS,
    TAGS,
    Row,
    compare_published,
    read_published,
)
from analysis.numbers import brief, decimal, joined
from analysis.report.document import Block, Fold, Listing, Section, Text
from analysis.report.gallery import Gallery
from analysis.report.sections.grids import known_grid
from analysis.study import Study

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


def section(study: Study, gallery: Gallery) -> Section:
    """Compare means; empty where nothing was published for what was run."""
    blocks: list[Block] = []
    agree = total = 0
    facts = next(iter(study.experiments.values()))
    for document in read_published():
        rows = list(compare_published(document, facts, study.units))
        if rows:
            agree += sum(row.verdict == "agrees" for row in rows)
            total += len(rows)
            blocks.append(_explain(document["source"], rows))
            texts = [_texts(row, document["searched"]) for row in rows]
            blocks.append(known_grid("published", COLUMNS, texts))
            differences = (Listing(tuple(document["differences"])),)
            blocks.append(Fold("What differs even under the published protocol", differences))
    summary = f"{total} published means beside ours; {agree} agree under the same protocol."
    return Section("published", TITLE, tuple(blocks), summary)


def _explain(source: str, rows: list[Row]) -> Text:
    tags = joined(f"{tag}: {TAGS[tag]}" for tag in dict.fromkeys(row.tag for row in rows))
    return Text(
        f"Published: {source} ({tags}). Means agree within {POINTS:g} points or "
        f"{STANDARD_ERRORS:g} standard errors, whichever is more; under another protocol there is "
        "no verdict."
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
