"""What is not in every report: the figures on request, and architectures as text."""

from __future__ import annotations

from analysis.figures.kinds import kinds, title
from analysis.numbers import joined
from analysis.report.document import Block, Diagram, Fold, Section, Text, Verbatim
from analysis.report.gallery import Gallery
from analysis.report.mermaid import flow_chart
from analysis.study import Study


def figures(study: Study, gallery: Gallery) -> Section:
    """Add every kind of figure that no section before this one has, if asked for."""
    names = [name for name in kinds() if not gallery.has(name)]
    if not study.has_jobs:  # figures of searches and networks have nothing to show
        wanted = names if gallery.everything else ()
        names = [name for name in wanted if len(kinds()[name].collect(study))]
    elif not gallery.everything:
        text = f"`plot EXPERIMENT KIND --out FILE` draws one of: {joined(names)}."
        blocks: tuple[Block, ...] = (Text(text),) if names else ()
        return Section("further", "More figures", blocks, "`report --all` draws them.")
    shown = tuple(gallery.show(study, name, title(name)) for name in names)
    return Section("further", "More figures", shown, "Every other kind of figure.")


def architectures(study: Study, gallery: Gallery) -> Section:
    """Print what the first finished search of each kind found, as text and as Mermaid."""
    searches = study.tables.searches
    searches = searches[searches["status"] == "done"]
    texts = study.tables.runs.set_index("search_job")["architecture"].to_dict()
    blocks: list[Block] = []
    key = ["method", "role", "source", "task"]
    for (method, role, source, task), group in searches.groupby(key, sort=False):
        row = group.iloc[0]
        graphs = study.tables.graphs.get(str(row["job"]))
        if not graphs:
            continue
        way = f"{source} → {task}" if row["warm"] else str(task)
        inside: list[Block] = [Diagram(flow_chart(graphs))]
        if text := texts.get(row["job"]):
            inside.insert(0, Verbatim(str(text)))
        blocks.append(Fold(f"{method}, {role} search on {way}, seed {row['seed']}", tuple(inside)))
    summary = (
        "What the first finished search of each kind found, to copy; in report.md as diagrams."
    )
    return Section("architectures", "Architectures as text", tuple(blocks), summary)
