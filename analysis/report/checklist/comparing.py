"""Comparing methods: are they judged alike, against the right baselines, often enough?"""

from __future__ import annotations

import pandas as pd

from analysis.arms import DIRECT, RANDOM
from analysis.loading.provenance import changed_plugins
from analysis.loading.rows import list_rows
from analysis.numbers import decimal, joined, p_value, several
from analysis.report.checklist.finding import (
    FAIL,
    NOT_APPLICABLE,
    NOTHING_SEARCHED,
    PARTIAL,
    PASS,
    Finding,
    Item,
)
from analysis.statistics.power import capacity
from analysis.study import Study

NO_RUN = "no training has finished"
# The least number of runs an arm should have (Lindauer and Hutter, section 3).
ENOUGH_RUNS = 5
RANDOM_SEARCH = "random_search"


def same_benchmark(study: Study) -> Finding:
    """All methods share one benchmark: data, split, space, training code and its settings."""
    done = _done(study)
    if len(done) == 0:
        return NOT_APPLICABLE, NO_RUN
    mixed = [
        f"{column} on {target}"
        for target, group in done.groupby("target", sort=False)
        for column in ("training_rules_hash", "data_fingerprint", "space")
        if group[column].nunique() > 1
    ]
    key = ["target", "search_seed"]
    splits = done.groupby(key, sort=False)["split_id"].nunique()
    mixed += [f"split_id on {target}, seed {seed}" for target, seed in splits[splits > 1].index]
    if study.tables.members.forced:
        mixed.append("rules, pooled by force")
    if mixed:
        return FAIL, f"differs: {joined(dict.fromkeys(mixed))}"
    return (
        PASS,
        f"one training_rules_hash, data_fingerprint, space and, for each seed, split_id on each of "
        f"{several(done['target'].nunique(), 'target')}",
    )


def confounders(study: Study) -> Finding:
    """Confounders are controlled: code, hardware, versions of libraries, threads."""
    places = study.tables.environments
    if len(places) == 0:
        return NOT_APPLICABLE, "no job has finished"
    columns = ["commit", "code", "hardware", "device", "threads", "platform", "versions"]
    mixed = [name for name in columns if places[name].nunique(dropna=False) > 1]
    mixed += [f"file of the {plugin}" for plugin in changed_plugins(study.tables.plugins)]
    if mixed:
        return PARTIAL, f"more than one value, listed under Reproducibility: {joined(mixed)}"
    unknown = [name for name in ("commit", "code") if not places[name].iloc[0]]
    if unknown:
        return PARTIAL, f"not recorded: {joined(unknown)}"
    if places["dirty"].any():
        return PARTIAL, "one value each, but the commit does not hold all of the code that ran"
    return PASS, f"one value each of {joined([*columns, 'every plugin'])}"


def ablations(study: Study) -> Finding:
    """Ablations are present, at least random search with the same budget and no transfer."""
    if not study.searchers:
        return NOT_APPLICABLE, NOTHING_SEARCHED
    arms = _with_runs(study)
    found = [
        name
        for name, is_there in (
            ("random search", bool(set(arms["method"]) & _random_searches(study))),
            ("no transfer (direct)", DIRECT in set(arms["arm"])),
        )
        if is_there
    ]
    lacking = {"random search", "no transfer (direct)"} - set(found)
    if not found:
        return FAIL, "neither random search nor direct search has a finished run"
    if lacking:
        return PARTIAL, f"present: {joined(found)}; lacking: {joined(sorted(lacking))}"
    return PASS, f"present: {joined(found)}"


def same_protocol(study: Study) -> Finding:
    """All methods are evaluated by one protocol: epochs, augmentation and other tricks."""
    done = _done(study)
    if len(done) == 0:
        return NOT_APPLICABLE, NO_RUN
    hashes = done.groupby("target", sort=False)["training_rules_hash"].nunique()
    mixed = [str(target) for target in hashes[hashes > 1].index]
    if mixed:
        return FAIL, f"several recipes on {joined(mixed)}"
    return PASS, f"one recipe on each target: {joined(sorted(set(done['training_rules_hash'])))}"


def anytime(study: Study) -> Finding:
    """Performance is reported over time, with the cost on the axis."""
    searches = study.tables.searches
    finished = set(searches["job"][searches["status"] == "done"])
    if not finished:
        return NOT_APPLICABLE, "no search has finished"
    trace = study.tables.trace
    qualities = ["best_val_so_far", "validation_accuracy", "population_quality"]
    known = trace[trace[qualities].notna().any(axis=1) & trace["seconds"].notna()]
    ticks = known[known["job"].isin(finished)].groupby("job").size()
    curves = int((ticks >= 2).sum())
    text = f"of {len(finished)} finished searches, {curves} logged a quality twice or more"
    if curves == len(finished):
        return PASS, text
    return PARTIAL if curves else FAIL, text


def random_baselines(study: Study) -> Finding:
    """Methods are compared with random search of equal budget and with random sampling."""
    arms = _with_runs(study)
    sampled = arms[arms["arm"] == RANDOM]["n"]
    is_searched = bool(set(arms["method"]) & _random_searches(study))
    if not is_searched and len(sampled) == 0:
        return FAIL, "neither random search nor random architectures have a finished run"
    if not is_searched:
        return PARTIAL, f"random architectures only, at least {sampled.min()} per target"
    if len(sampled) == 0:
        return PARTIAL, "random search only; no random architecture was trained"
    unequal = study.budgets[study.budgets["is_unequal"].astype(bool)]
    if len(unequal):
        worst = list_rows(unequal.sort_values("ratio"))[-1]
        factor = f"{worst['unit']} differ by a factor of {decimal(worst['ratio'])}"
        return PARTIAL, f"both, but searches' {factor} on {worst['task']}"
    return PASS, f"both; at least {sampled.min()} random architectures per target, equal budgets"


def repetitions(study: Study) -> Finding:
    """Every arm has several runs, five or more, and seeds are reported."""
    arms = study.arms[study.arms["n"] > 0]
    if len(arms) == 0:
        return NOT_APPLICABLE, NO_RUN
    fewest = int(arms["n"].min())
    where = arms[arms["n"] == fewest].iloc[0]
    text = f"fewest: {several(fewest, 'run')} ({where['method'] or RANDOM}, {where['arm']})"
    text += "; seeds stand in the table runs"
    if fewest >= ENOUGH_RUNS:
        return PASS, text
    tested = [found.test.p_min for found in study.comparisons if found.test]
    if tested:
        worst = max(tested)
        text += (
            f"; capacity: the smallest attainable p is {p_value(worst)}, which carries "
            f"{several(capacity(worst), 'comparison')}"
        )
    return PARTIAL if fewest > 1 else FAIL, text


def tabular(study: Study) -> Finding:
    """A tabular or surrogate benchmark is used for evaluation in depth."""
    facts = [its.experiment for its in study.experiments.values()]
    rules = [one["protocol"][side] for one in facts for side in ("search", "train")]
    rules += [its for one in facts for its in one["protocol"].get("tasks", {}).values()]
    evaluators = {its["evaluator"]["name"] for its in rules}
    spaces = {one["space"]["name"] for one in facts}
    if "table" in evaluators:
        return PASS, "accuracies are read from a table"
    if "nb201" in spaces:
        return FAIL, "the space nb201 has a table, and no evaluator reads it"
    return NOT_APPLICABLE, f"there is no table of the space {joined(sorted(spaces))}"


def _done(study: Study) -> pd.DataFrame:
    runs = study.tables.runs
    return runs[runs["status"] == "done"]


def _with_runs(study: Study) -> pd.DataFrame:
    return study.arms[study.arms["n"] > 0]


def _random_searches(study: Study) -> set[str]:
    """Return what the method random_search is called here; a label may rename it."""
    return {
        study.tables.members.titles[name, choice["label"] or choice["name"]]
        for name, its in study.experiments.items()
        for choice in its.experiment["methods"]
        if choice["name"] == RANDOM_SEARCH
    }


ITEMS: tuple[Item, ...] = (
    same_benchmark,
    confounders,
    ablations,
    same_protocol,
    anytime,
    random_baselines,
    repetitions,
    tabular,
)
