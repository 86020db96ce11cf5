"""What a file of runs made elsewhere holds, and what nobody can say because it does not."""

from __future__ import annotations

from analysis.arms import ARMS, RANDOM
from analysis.numbers import joined, pair_label, several, spans
from analysis.report.document import Grid, Section, Text
from analysis.report.gallery import Gallery
from analysis.study import Study

UNKNOWN = (
    "The file holds no budgets, costs, rules, architectures or hyper-parameters, so nothing is "
    "said of them: not whether methods spent alike, nor whether networks are of one size, nor "
    "whether the test set took part in a choice."
)


def section(study: Study, gallery: Gallery) -> Section:
    """Describe the file."""
    runs = study.tables.runs
    protocol = next(iter(study.experiments.values())).experiment["protocol"]
    searched = runs[runs["arm"] != RANDOM]
    rows = (
        ("file", study.name),
        ("rows", f"{len(runs):,}, of which {int((runs['status'] == 'done').sum()):,} done"),
        ("methods", joined(study.methods)),
        ("data sets", joined(pair_label(*pair) for pair in study.pairs)),
        ("arms", joined(arm for arm in ARMS if (runs["arm"] == arm).any())),
        ("search seeds", spans({int(seed) for seed in searched["search_seed"]})),
        ("random architectures", _random(study)),
        ("searches that runs share", _shared(study)),
        (
            "comparisons",
            joined(f"{one['arm']} against {one['against']}" for one in protocol["primary"]),
        ),
        ("declared margin", f"{protocol['margin']:g} points" if protocol["margin"] else "none"),
    )
    summary = "Rows, methods, data sets, comparisons; and what is not known of them."
    return Section("run", "What the file holds", (Grid("", ("", ""), rows), Text(UNKNOWN)), summary)


def _random(study: Study) -> str:
    runs = study.tables.runs
    drawn = runs[runs["arm"] == RANDOM]
    counts = [
        f"{len(group)} on {target}" + (f" for {method}" if method else "")
        for (target, method), group in drawn.groupby(["target", "method"], sort=False)
    ]
    return joined(counts)


def _shared(study: Study) -> str:
    named = study.tables.runs["ancestor_jobs"]
    counts = named[named != ""].value_counts()
    shared = int((counts > 1).sum())
    return (
        f"{several(shared, 'search', 'searches')} named in several rows" if shared else "none named"
    )
