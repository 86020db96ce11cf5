"""How searches went on, and what a warm start was worth while they did."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from analysis.answers.evaluation import Results
from analysis.answers.warm_starts import HELD
from analysis.figures import anytime as anytime_plot
from analysis.numbers import NOTHING, brief, decimal, p_value, pair_label
from analysis.report.document import Block, Fold, Section, Text
from analysis.report.gallery import Gallery
from analysis.report.sections.grids import Column, difference, grid

Row = dict[str, Any]

ACCOUNTS = (
    "Marginal counts what continuing costs by itself; total counts the source search as well, so "
    "that the cold search it stands against has long begun. Where no search of twice the budget "
    "was run, a cold search that has ended is held at its last quality (held)."
)


def curves(results: Results, gallery: Gallery) -> Section:
    """Draw quality against cumulative cost."""
    blocks: list[Block] = [
        Text(
            "The rows measure different things: a candidate trained for itself, a network that all "
            "candidates share, a population as a whole. They are not comparable with each other, "
            "nor with test accuracy."
        )
    ]
    for number, study in enumerate(results.studies):
        table = anytime_plot.collect(results, study)
        caption = (
            "Quality of the finished searches over cumulative cost, the searches that one goes on "
            "from included. Thick: median over seeds where all of them are known, marked at each "
            "quarter of the budget; band: from the lower to the upper quartile; thin: seeds. Of "
            f"more than {anytime_plot.SEEDS} seeds there are no thin lines, and the median begins "
            f"where {anytime_plot.MOST:.0%} are known. The quality of a tick holds until the next."
        )
        name = f"anytime-{number + 1}" if number else "anytime"
        blocks.append(gallery.hang(anytime_plot.draw(table), name, caption, table))
    return Section("anytime", "Anytime curves", tuple(blocks))


def section(results: Results, gallery: Gallery) -> Section:
    """Compare continued with cold searches of the same target, in every currency they spent."""
    table = results.process["process"]
    if len(table) == 0:
        text = (
            "No continued search stands beside a cold one of the same target with a logged quality."
        )
        return Section("process", "Warm start against cold start", (Text(text),))
    qualities = "; ".join(dict.fromkeys(table["quality"]))
    columns: list[Column] = [
        *_race_columns(),
        ("from - to", lambda row: f"{brief(row['start'])} - {brief(row['budget'])}"),
        ("jumpstart, pp [95 % CI]", lambda row: _named(row, "jumpstart")),
        ("at the end, pp [95 % CI]", lambda row: _named(row, "asymptotic")),
        ("mean distance, pp [95 % CI]", _area),
        ("exact p", lambda row: p_value(row["p"])),
    ]
    text = (
        f"Continued less cold searches of the same target, in points of {qualities}: at the first "
        "common evaluation (jumpstart), at the common budget, and on average between them (area "
        "between the curves over its length; Taylor & Stone, JMLR 2009). Welch intervals over "
        "runs. p is that of the rank sum of areas, one number a run; it is exploratory and "
        f"belongs to no declared family. {ACCOUNTS}"
    )
    shown = _shown(results, table)
    blocks: list[Block] = [Text(text), grid("process", shown, columns)]
    if not shown.equals(table):
        blocks.append(Fold("In every currency", (grid("process", table, columns),)))
    blocks += [_break_even(results), _reaching(results)]
    return Section("process", "Warm start against cold start", tuple(blocks))


def _break_even(results: Results) -> Block:
    columns: list[Column] = [
        *_race_columns(),
        ("source search", lambda row: brief(row["source_cost"])),
        ("break-even at a total of", _even),
        ("interval", lambda row: str(row["interval"])),
    ]
    text = (
        "Break-even is the first total cost, source search included, at which the continued "
        "searches are on average not ahead of the cold ones; further on, the warm start no longer "
        "pays. > means that they are ahead to their end (right-censored)."
    )
    table = _shown(results, results.process["break_even"])
    return Fold("Break-even cost", (Text(text), grid("break_even", table, columns)))


def _reaching(results: Results) -> Block:
    columns: list[Column] = [
        *_race_columns(),
        ("of the way", lambda row: f"{row['share']:.0%}"),
        ("quality", lambda row: decimal(row["threshold"])),
        ("reached", lambda row: f"{_of(row, 'warm')} against {_of(row, 'cold')}"),
        ("median cost", lambda row: _both(row, "median")),
        ("cold / warm", lambda row: decimal(row["ratio"])),
        ("expected cost", lambda row: _both(row, "expected")),
        ("log-rank p", lambda row: p_value(row["p"])),
    ]
    text = (
        "Cost to reach a quality, continued against cold: 50, 80 and 95 % of the way from the mean "
        "first quality of the cold searches (their first candidates are random) to the best that "
        "one of them ended with. Searches that never get there are right-censored (median by "
        "Kaplan and Meier); the expected cost is what all searches cost together, a success "
        "(ERT). p is exploratory."
    )
    table = _shown(results, results.process["reaching"])
    return Fold("Cost to reach a quality", (Text(text), grid("reaching", table, columns)))


def _shown(results: Results, table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows in the currency that budgets are set in; the files hold all of them."""
    budgets = results.tables.runs["budget_currency"].str.split("+").explode()
    chosen = table[table["currency"].isin(budgets.unique())]
    return chosen if len(chosen) else table


def _race_columns() -> list[Column]:
    return [
        ("method", lambda row: str(row["method"])),
        ("pair", lambda row: pair_label(row["source"], row["target"])),
        ("account", _account),
        ("n", lambda row: f"{row['n_warm']} + {row['n_cold']}"),
    ]


def _account(row: Row) -> str:
    held = " (held)" if row.get("note") == HELD else ""
    return f"{row['currency']}, {row['account']}, against {row['cold']}{held}"


def _area(row: Row) -> str:
    """Return the mean distance, or why there is none."""
    return str(row["note"]) if math.isnan(row["area"]) else _named(row, "area")


def _named(row: Row, name: str) -> str:
    shown = {"estimate": row[name], "low": row[f"{name}_low"], "high": row[f"{name}_high"]}
    return NOTHING if math.isnan(row[name]) else difference(shown, "estimate")


def _even(row: Row) -> str:
    if math.isinf(row["break_even"]):
        return f"> {brief(row['ahead_until'])}"
    if math.isnan(row["low"]):
        return brief(row["break_even"])
    high = "never" if math.isinf(row["high"]) else brief(row["high"])
    return f"{brief(row['break_even'])} [{brief(row['low'])}, {high}]"


def _of(row: Row, side: str) -> str:
    return f"{row[f'reached_{side}']} of {row[f'n_{side}']}"


def _both(row: Row, name: str) -> str:
    texts = [
        "never" if math.isinf(row[f"{name}_{side}"]) else brief(row[f"{name}_{side}"])
        for side in ("warm", "cold")
    ]
    return " against ".join(texts)
