"""What is not in every report: the figures on request, and architectures as text."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.answers.evaluation import Results
from analysis.figures.kinds import kinds, title
from analysis.numbers import joined
from analysis.report.document import Block, Diagram, Fold, Section, Text, Verbatim
from analysis.report.gallery import Gallery
from analysis.report.mermaid import flow_chart


def figures(results: Results, gallery: Gallery) -> Section:
    """Hang every kind of figure that no section before this one did, if asked for."""
    names = [name for name in kinds() if not gallery.has(name)]
    if not gallery.everything:
        text = (
            "More figures are drawn on request, all of them by `report --all`, one by `plot "
            f"EXPERIMENT KIND --out FILE`: {joined(names)}."
        )
        return Section("further", "Further figures", (Text(text),) if names else ())
    blocks = [block for name in names for block in _hung(results, gallery, name)]
    return Section("further", "Further figures", tuple(blocks))


def architectures(results: Results, gallery: Gallery) -> Section:
    """Print what the first finished search of each kind found, as text and as Mermaid."""
    searches = results.tables.searches
    searches = searches[(searches["status"] == "done") & (searches["study"] != "")]
    texts = results.tables.runs.set_index("search_job")["architecture"].to_dict()
    blocks: list[Block] = []
    key = ["study", "method", "role", "source", "task"]
    for (_, method, role, source, task), group in searches.groupby(key, sort=False):
        row = group.iloc[0]
        graphs = results.tables.graphs.get(str(row["job"]))
        if not graphs:
            continue
        way = f"{source} → {task}" if row["warm"] else str(task)
        inside: list[Block] = [Diagram(flow_chart(graphs))]
        if text := texts.get(row["job"]):
            inside.insert(0, Verbatim(str(text)))
        blocks.append(Fold(f"{method}, {role} search on {way}, seed {row['seed']}", tuple(inside)))
    if not blocks:
        blocks.append(Text("No search found an architecture."))
    return Section("architectures", "Architectures as text", tuple(blocks))


def _hung(results: Results, gallery: Gallery, name: str) -> Iterator[Block]:
    for number, study in enumerate(results.studies):
        table = kinds()[name].collect(results, study)
        figure = kinds()[name].draw(table)
        own = f"{name}-{number + 1}" if number else name
        yield gallery.hang(figure, own, title(name), table)
