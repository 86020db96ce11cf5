"""What the words of a report mean: tooltips of columns, and the list at the end of the page."""

from __future__ import annotations

from collections.abc import Iterable

from analysis.answers.arms import BEST_OF
from analysis.arms import ARMS
from analysis.statistics.power import POWER

TERMS: dict[str, str] = {
    **{name: arm.meaning for name, arm in ARMS.items()},
    "± SD": "Standard deviation between observations; one observation is one search, or one random "
    "architecture. Several trainings of one architecture are averaged first.",
    "[95 % CI]": "Confidence interval for further runs on the same test images.",
    "Holm p": "The p-value after Holm's correction over every comparison that the protocol "
    "declares. It decides at .05; the test is the exact permutation test of rank sums, or exact "
    "sign flips for runs that share a search.",
    "A12": "Probability that a run of the first arm beats one of the second; Newcombe's interval.",
    "inconclusive": "No difference was shown; that is no evidence of equality. Read the interval.",
    "infeasible": "So few runs that no outcome could have been significant.",
    "failed or diverged": "Such a run ranks worst in tests and has no mean.",
    "detectable": "Shift that the deciding test, after Holm, finds in "
    f"{POWER:.0%} of repetitions if runs spread as observed; by simulation.",
    "transfer gap": "The difference direct - transferred: above zero it is the price of the proxy.",
    "at equal size": "Mean residual from accuracy ~ log parameters + log multiply-adds, fitted to "
    "the random architectures; * some networks are outside their range of sizes.",
    "RI, %": "Gain in percent of the random mean (Yang et al., ICLR 2020).",
    "best of k": f"Expected accuracy of the best of {BEST_OF} searches, chosen by validation: what "
    "papers often print, where a mean over searches is another quantity. Absent where no "
    "validation accuracy was recorded.",
    "worth random draws": "Least number of random architectures whose best is expected to reach "
    "the arm's mean; < 1 is worse than one random architecture.",
    "regret": "(best of the space - mean of the arm) / (best - mean of the space): 0 is the "
    "optimum, 1 an average architecture.",
    "percentile": "Percentage of the space's architectures that are worse, mean over runs.",
    "retention": "Share of direct search's gain over random that an arm keeps; 1 loses nothing, 0 "
    "is random. Fieller's interval, which exists only for g < 1.",
    "further images": "The test set is a sample, too: bootstrap of images, of runs, and of both "
    "crossed.",
    "saving": "1 - cost / cost of direct search, ancestors' searches included.",
    "marginal": "Counts what continuing costs by itself; total counts the source search, too.",
    "jumpstart": "Continued less cold search at the first common evaluation (Taylor and Stone, "
    "JMLR 2009).",
    "entropy": "Mean normalised entropy of the edges' operation probabilities: 1 undecided, 0 "
    "decided.",
    "margin": "Mean distance of an edge's two most probable operations.",
    "agreement": "Mean correlation of alpha between searches that differ only in their seed; p by "
    "relabelling operations.",
    "cell last changed": "As a share of the search's steps: near 1 it was still changing at the "
    "end.",
    "random mean": "Mean over pairs of random architectures of the space: what chance gives.",
    "corrected": "0 at the random mean, 1 for equal architectures.",
    "new edges": "Edges of the later cell that the earlier lacks, at the numbering of nodes under "
    "which most agree.",
    "CKA, debiased": "Likeness of features of trained networks on a fixed batch, not inflated "
    "where features are many.",
    "undecided": "A search with small margins, a cell that changed until the end, or an "
    "agreement of seeds that is not told apart from chance: what it returns says little about its "
    "method.",
}
# Columns that are called otherwise than the term that explains them.
COLUMNS: dict[str, str] = {
    "mean ± SD, %": "± SD",
    "difference [95 % CI]": "[95 % CI]",
    "pp [95 % CI]": "[95 % CI]",
    "gain of the mean, pp [95 % CI]": "[95 % CI]",
    "of the best of k, pp [95 % CI]": "best of k",
    "best of k, %": "best of k",
    "regret [95 % CI]": "regret",
    "A12 [95 % CI]": "A12",
    "at equal size, pp [95 % CI]": "at equal size",
    "retention [95 % CI]": "retention",
    "saving [95 % CI]": "saving",
    "detectable after Holm": "detectable",
    "account": "marginal",
    "jumpstart, pp [95 % CI]": "jumpstart",
    "entropy (1 = uniform)": "entropy",
    "agreement at the end": "agreement",
    "cell last changed at": "cell last changed",
    "flags": "undecided",
    "further runs and images": "further images",
    "difference": "transfer gap",
}


def list_used(texts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return the terms that are columns or cells of tables, with their meaning."""
    used = {COLUMNS.get(text, text).lower() for text in texts}
    return tuple((term, meaning) for term, meaning in TERMS.items() if term.lower() in used)


def explain(column: str) -> str:
    """Return what a column of a table means; empty if its title says it all."""
    return TERMS.get(COLUMNS.get(column, column), "")
