"""From folders to tables: nothing is lost, nothing is counted twice."""

import math
import subprocess
import sys

import pytest

from analysis.loading.collapse import collapse_flag, is_parameter_free
from analysis.loading.columns import RunRow
from harness.errors import ConfigError
from harness.interfaces.graph import CellGraph
from harness.results.record import Status
from tests.analysis.experiments import CRASH
from tests.analysis.loading import load_one


def _arm(tables, method, arm):
    runs = tables.runs
    return runs[(runs["method"] == method) & (runs["arm"] == arm)]


def test_runs_have_every_column_of_the_specification(invent):
    runs = load_one([invent(seeds=1)]).runs
    assert list(runs.columns) == list(RunRow._fields)
    assert len(runs) == 2 * 4 + 6
    row = runs.iloc[0]
    assert row["selection_rule"] == "last epoch"
    assert row["budget_currency"] == "examples"
    assert (row["n_train_images"], row["n_test_images"]) == (900, 447)


def test_source_and_target_are_what_was_searched_and_trained_on(invent):
    tables = load_one([invent(seeds=1)])
    for arm, expected in {
        "source": ("d10", "d10"),
        "transferred": ("d10", "d100"),
        "continued": ("d10", "d100"),
        "direct": ("d100", "d100"),
    }.items():
        row = _arm(tables, "darts", arm).iloc[0]
        assert (row["source"], row["target"]) == expected
    assert set(_arm(tables, "", "random")["source"]) == {""}


def test_arm_pays_for_its_ancestors(invent):
    tables = load_one([invent(seeds=1)])
    assert _arm(tables, "darts", "direct")["search_seconds"].iloc[0] == 20
    continued = _arm(tables, "darts", "continued").iloc[0]
    assert continued["search_seconds"] == 40
    assert continued["search_examples"] == 8000
    assert continued["search_overhead_seconds"] == 2
    assert len(continued["ancestor_jobs"].split()) == 2
    assert continued["ancestor_jobs"].endswith(continued["search_job"])
    assert set(_arm(tables, "", "random")["search_seconds"]) == {0}


def test_budget_of_a_long_search_is_in_the_protocol_hash_and_not_in_the_training_rules(invent):
    tables = load_one([invent(seeds=1, arms=("direct", "direct_long"), methods=("darts",))])
    assert tables.runs["protocol_hash"].nunique() == 2
    assert tables.runs["training_rules_hash"].nunique() == 1


def test_arm_whose_search_was_skipped_says_so(invent):
    def fate(job):
        if job.name == "search-darts-d10-d100-s0":
            return Status.SKIPPED, "No warm start."
        if job.name == "train-d100-darts-d10-d100-s0":
            return Status.SKIPPED, "It needs another job."
        return Status.DONE, None

    row = _arm(load_one([invent(seeds=1, fate=fate)]), "darts", "continued").iloc[0]
    assert row["status"] == "skipped"
    assert row["reason"] == "search-darts-d10-d100-s0: No warm start."
    assert math.isnan(row["test_acc"])


def test_failed_search_is_the_reason_of_every_arm_that_rests_on_it(invent):
    def fate(job):
        return (Status.FAILED, CRASH) if job.name == "search-darts-d10-s0" else None

    tables = load_one([invent(seeds=1, fate=fate)])
    for arm in ("source", "transferred", "continued"):
        row = _arm(tables, "darts", arm).iloc[0]
        assert row["status"] == "failed"
        assert row["reason"].endswith("ValueError: loss | is nan")
    assert _arm(tables, "darts", "direct")["status"].iloc[0] == "missing"


def test_experiment_that_never_ran_has_a_row_per_planned_arm(invent):
    tables = load_one([invent(seeds=2, fate=lambda job: None)])
    assert set(tables.runs["status"]) == {"missing"}
    assert len(tables.runs) == 2 * 2 * 4 + 6
    assert len(tables.trace) == len(tables.alphas) == 0


def test_trace_keeps_the_best_validation_so_far(invent):
    tables = load_one([invent(seeds=1)])
    sampled = tables.searches[tables.searches["method"] == "random_search"]["job"]
    for job in sampled[tables.searches["status"] == "done"]:
        start, *best = list(tables.trace[tables.trace["job"] == job]["best_val_so_far"])
        assert math.isnan(start)
        assert best == sorted(best)
        assert len(best) == 4


def test_alphas_are_long_and_named(invent):
    tables = load_one([invent(seeds=1, methods=("darts",))])
    assert set(tables.alphas["cell"]) == {"normal", "reduce"}
    assert set(tables.alphas["edge"]) == {"normal_0_2", "reduce_0_2"}
    assert "skip_connect" in set(tables.alphas["op"])
    assert len(tables.alphas) == 3 * 5 * 2 * 8  # the start and four ticks of three searches


def test_searches_tell_their_last_insights_and_their_use(invent):
    searches = load_one([invent(seeds=1)]).searches
    gradient = searches[searches["method"] == "darts"].set_index("role")
    assert set(gradient.index) == {"source", "direct", "continued"}
    assert gradient.loc["direct", "entropy"] == pytest.approx(0.84)
    assert gradient.loc["direct", "last_change_step"] == 93
    assert gradient.loc["direct", "steps"] == 125
    assert list(gradient["warm"]) == [role == "continued" for role in gradient.index]
    sampled = searches[searches["method"] == "random_search"]
    assert sampled["entropy"].isna().all()
    assert sampled["best_validation"].notna().all()


def test_share_of_skips_is_read_off_the_cell_whatever_the_method(invent):
    tables = load_one([invent(seeds=1)])
    done = tables.searches[tables.searches["status"] == "done"]
    for job, share in zip(done["job"], done["skip_share"], strict=True):
        edges = tables.graphs[job]["normal"].edges
        assert share == sum(op == "skip_connect" for _, _, op in edges) / 8


def test_search_that_serves_both_directions_is_the_direct_one(invent):
    pairs = (("d10", "d100"), ("d100", "d10"))
    searches = load_one([invent(seeds=1, pairs=pairs, methods=("darts",))]).searches
    assert set(searches["role"][~searches["warm"].astype(bool)]) == {"direct"}


@pytest.mark.parametrize(
    ("skips", "flag"), [(3, ""), (4, "warn"), (5, "collapse"), (8, "collapse")]
)
def test_skip_connections_in_the_normal_cell_raise_a_flag(skips, flag):
    operations = ["skip_connect"] * skips + ["sep_conv_3x3"] * (8 - skips)
    edges = tuple((0, 2 + place // 2, op) for place, op in enumerate(operations))
    cell = CellGraph(2, 4, edges, (2, 3, 4, 5))
    assert collapse_flag({"normal": cell}) == flag
    assert collapse_flag({"normal": cell, "reduce": cell}) == flag
    assert collapse_flag({"reduce": cell, "other": cell}) == ""


def test_every_operation_without_weights_counts_towards_a_collapse():
    free = ["skip_connect", "none", "avg_pool_3x3", "max_pool_3x3", "skip_connect"]
    edges = tuple((0, 1, op) for op in [*free, "nor_conv_3x3"])
    assert collapse_flag({"cell": CellGraph(1, 3, edges, (3,))}) == "collapse"
    assert not any(map(is_parameter_free, ["sep_conv_3x3", "conv_7x1_1x7", "nor_conv_1x1"]))


def test_folder_without_a_plan_is_refused_in_one_line(tmp_path):
    with pytest.raises(ConfigError, match="holds no experiment"):
        load_one([tmp_path])


def test_loading_imports_no_torch():
    code = "import analysis.report, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
