"""The table of a paper: every arm of one target as LaTeX, with booktabs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.answers.comparisons.records import Comparison
from analysis.arms import RANDOM, label_arm
from analysis.loading.side_files import SideFiles
from analysis.numbers import decimal, p_value
from analysis.study import NOT_COMPARABLE, Study
from harness.results.files import file_name
from harness.results.store import write_atomically

COLUMNS = (
    "Method",
    "$n$",
    r"Accuracy, \% ($\pm$ SD)",
    r"$\Delta$ vs.\ random, pp [95\,\% CI]",
    r"$A_{12}$ [95\,\% CI]",
    r"$p_\mathrm{Holm}$",
    "Verdict",
)
SPECIAL = {
    "\\": r"\textbackslash{}",
    **{letter: f"\\{letter}" for letter in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\N{MINUS SIGN}": "$-$",
    "\N{EN DASH}": "--",
    "\N{RIGHTWARDS ARROW}": r"$\to$",
    "<": "$<$",
    ">": "$>$",
}


def write_latex(studies: Sequence[Study], folder: Path, files: SideFiles) -> list[str]:
    """Write ``arms-<target>.tex``, numbered from the second study on; return the files' names."""
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    for number, study in enumerate(studies):
        arms = study.arms
        for target in arms["target"].unique():
            name = f"arms-{target}" + (f"-{number + 1}" if number else "")
            path = folder / f"{file_name(name)}.tex"
            if files.write(path, partial(_write_arms, study, str(target), path)):
                names.append(path.name)
    return names


def _write_arms(study: Study, target: str, path: Path) -> None:
    write_atomically(path, arms_latex(study, target))


def arms_latex(study: Study, target: str) -> str:
    """Return the arms that are trained on one target; nothing is bold by its mean alone."""
    arms = study.arms[study.arms["target"] == target]
    rows = [_row(study, row) for row in arms.to_dict("records")]
    label = study.labels.get(target, target)
    caption = f"Test accuracy on {label}; SD is the standard deviation between searches."
    if study.tables.members.forced:
        caption = f"{NOT_COMPARABLE}: different rules, pooled by force. {caption}"
    return pd.DataFrame(rows, columns=list(COLUMNS)).to_latex(
        index=False,
        escape=False,
        column_format="lrrrrrl",
        caption=escape(caption),
        label=f"tab:arms-{target}",
        position="t",
    )


def escape(text: str) -> str:
    """Return a text that LaTeX prints as it is."""
    return "".join(SPECIAL.get(letter, letter) for letter in text)


def _row(study: Study, arm: Mapping[Any, Any]) -> tuple[str, ...]:
    gain = _gain(study.gains, arm)
    found = _comparison(study.comparisons, arm)
    name = label_arm(arm["method"], arm["arm"], arm["source"])
    spread = decimal(arm["mean"])
    if not math.isnan(arm["sd"]):
        spread += f" $\\pm$ {decimal(arm['sd'])}"
    return (
        escape(name),
        str(arm["n"]),
        spread if "pm" in spread else escape(spread),
        escape(_with_limits(gain, "gain", "low", "high", signed=True)),
        escape(_with_limits(gain, "a12", "a12_low", "a12_high")),
        escape(p_value(found.adjusted.p_holm)) if found and found.adjusted else "--",
        escape(str(found.verdict)) if found else "not declared" if arm["method"] else "--",
    )


def _with_limits(
    row: Mapping[Any, Any], estimate: str, low: str, high: str, *, signed: bool = False
) -> str:
    """Return an estimate with its interval where there is one."""
    found = [float(row.get(name, math.nan)) for name in (estimate, low, high)]
    texts = [decimal(value, signed=signed) for value in found]
    return texts[0] if math.isnan(found[1]) else f"{texts[0]} [{texts[1]}, {texts[2]}]"


def _gain(gains: pd.DataFrame, arm: Mapping[Any, Any]) -> Mapping[Any, Any]:
    same = pd.Series(True, index=gains.index)
    for key in ("method", "arm", "source", "target"):
        same &= gains[key] == arm[key]
    rows = gains[same].to_dict("records")
    return rows[0] if rows else {}


def _comparison(comparisons: list[Comparison], arm: Mapping[Any, Any]) -> Comparison | None:
    """Return the declared comparison of an arm with random architectures; None without one."""
    on_target = arm["source"] in {"", arm["target"]}
    return next(
        (
            found
            for found in comparisons
            if (asked := found.question).arm == arm["arm"]
            and asked.method == arm["method"]
            and asked.against == RANDOM
            and asked.target == arm["target"]
            and (on_target or asked.source == arm["source"])
        ),
        None,
    )
