"""The cells, or chains of blocks, that searches found, and those that were given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from types import ModuleType

from analysis.answers.cells.lineage import Lineage
from analysis.arms import GIVEN
from analysis.figures import cells as cells_plot
from analysis.figures import chains as chains_plot
from analysis.figures.views import ALONE, View, course_of, heading, list_views, told_changes
from analysis.numbers import pair_label
from analysis.report.document import Block, Fold, Picture, Section
from analysis.report.gallery import Gallery
from analysis.study import Study
from harness.api import CellGraph, Graphs


def section(study: Study, gallery: Gallery) -> Section:
    """Draw before and after of the first seed of every method and pair, the first one open.

    Given architectures follow.
    """
    blocks: list[Block] = []
    for about, lineages in _by_pair(study):
        views = list_views(lineages[0])
        picture = _drawing(gallery, lineages[0], [one for one in views if not one.is_difference])
        blocks.append(Fold(f"The same for {about}", (picture,)) if blocks else picture)
    if given := _list_given(study):
        plot = _plot_of(given[0].graphs)
        table = plot.tabulate(ALONE, given)
        picture = gallery.add_figure(plot.draw(table), "given_cells", "Given architectures.", table)
        blocks.append(Fold("Given architectures", (picture,)) if blocks else picture)
    return Section("cells", "Cells before and after" if study.lineages else "Cells", tuple(blocks))


def draw_differences(study: Study, gallery: Gallery) -> Iterator[Picture]:
    """Draw, for the first seed, what changed as well; for every seed where all is wanted."""
    for _, lineages in _by_pair(study):
        for lineage in lineages if gallery.everything else lineages[:1]:
            views = [view for view in list_views(lineage) if view.is_difference]
            if views:
                yield _drawing(gallery, lineage, views, "differences")


def _list_given(study: Study) -> list[View]:
    """Return what is drawn of the given architectures that were trained, each once."""
    runs = study.tables.runs
    jobs = runs[runs["arm"] == GIVEN].drop_duplicates("method")[["method", "job"]]
    known = [(str(name), study.tables.networks.get(str(job))) for name, job in jobs.to_numpy()]
    return [View(name, graphs) for name, graphs in known if graphs]


def _plot_of(graphs: Graphs) -> ModuleType:
    """Return what draws an architecture."""
    is_cell = any(isinstance(graph, CellGraph) for graph in graphs.values())
    return cells_plot if is_cell else chains_plot


def _by_pair(study: Study) -> Iterator[tuple[str, Sequence[Lineage]]]:
    """Yield the seeds of every method and pair that found something, with what to call them."""
    for method, (source, target) in product(study.methods, study.pairs):
        its = [
            lineage
            for lineage in study.lineages
            if (lineage.method, lineage.target) == (method, target)
            and lineage.source in ("", source)
        ]
        if its:
            about = f"{method}, {pair_label(source, target)}"
            yield about, sorted(its, key=lambda lineage: lineage.seed)


def _drawing(gallery: Gallery, lineage: Lineage, views: Sequence[View], what: str = "") -> Picture:
    """Draw one seed's cells, or its chain."""
    plot = _plot_of(next(iter(lineage.graphs.values())))
    kind = plot.__name__.rpartition(".")[2]
    table = plot.tabulate(course_of(lineage), views)
    parts = (kind, what, lineage.method, lineage.source, lineage.target, f"s{lineage.seed}")
    caption = f"{heading(table.iloc[0])}. {told_changes(lineage)}".strip()
    name = "-".join(filter(None, parts))
    return gallery.add_figure(plot.draw(table), name, caption, table, is_folded=bool(what))
