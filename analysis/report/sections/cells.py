"""The cells, or chains of blocks, that searches found: before, after, and what changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analysis.answers.cells.journeys import Journey, list_journeys
from analysis.answers.evaluation import Results
from analysis.figures import cells as cells_plot
from analysis.figures import chains as chains_plot
from analysis.figures.views import course_of, has, heading, list_views, told_changes
from analysis.numbers import pair_label
from analysis.report.document import Block, Fold, Picture, Section, Text
from analysis.report.gallery import Gallery
from harness.api import CellGraph

# So that a report of a thousand runs stays a page that a browser can open.
SEEDS_DRAWN = 5


def section(results: Results, gallery: Gallery) -> Section:
    """Draw what was derived: before and after the swap of data, and what changed."""
    blocks: list[Block] = []
    for study, pairs in results.pairs.items():
        journeys = list_journeys(results.tables, study)
        for method in results.methods[study]:
            for source, target in pairs:
                its = [
                    journey
                    for journey in journeys
                    if (journey.method, journey.target) == (method, target)
                    and journey.source in ("", source)
                ]
                about = f"{method}, {pair_label(source, target)}"
                blocks += _drawn(about, list(_drawings(results, gallery, study, its)))
    text = (
        "In a cell, columns are longest-path levels; every operation stands left of the node it "
        "leads to. Numbers in nodes are those of the architecture's text. Intermediate nodes have "
        "no order, so cells are compared at the numbering under which most edges agree. Blocks of "
        "a chain are compared place by place. Without "
        f"`report --all`, {SEEDS_DRAWN} seeds at most are drawn of each method and pair."
    )
    return Section("cells", "Derived cells", (Text(text), *blocks))


def _drawn(about: str, pictures: Sequence[Picture]) -> list[Block]:
    if not pictures:
        return [Text(f"{about}: no search has a cell to draw.")]
    first, *others = pictures
    return [first, Fold(f"Other seeds of {about}", tuple(others))] if others else [first]


def _drawings(
    results: Results, gallery: Gallery, study: str, journeys: Sequence[Journey]
) -> Iterator[Picture]:
    """Yield a drawing of its cells, or of its chain, for each seed."""
    ordered = sorted(journeys, key=lambda journey: journey.seed)
    for number, journey in enumerate(ordered if gallery.everything else ordered[:SEEDS_DRAWN]):
        kind, plot = ("cells", cells_plot) if has(journey, CellGraph) else ("chains", chains_plot)
        table = plot.tabulate(course_of(journey), list_views(journey))
        parts = (kind, journey.method, journey.source, journey.target, f"s{journey.seed}")
        name = "-".join(filter(None, parts))
        if len(results.studies) > 1:
            name += f"-{results.studies.index(study) + 1}"
        caption = f"{heading(table.iloc[0])}. {told_changes(journey)}".strip()
        yield gallery.hang(plot.draw(table), name, caption, table, is_folded=number > 0)
