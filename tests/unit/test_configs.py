"""Every shipped configuration loads and resolves."""

import pytest

from analysis.statistics.power import is_feasible, smallest_p
from harness import plugins
from harness.cli import main
from harness.config.experiment import load_experiment, make_experiment
from harness.config.protocol import Arm
from harness.config.shipped import protocol_files
from harness.planning.plan import make_plan
from harness.planning.resolve import resolve_experiment
from tests.conftest import ROOT
from tests.documents import PAGES
from tests.integration.tiny import experiment

METHODS = ["darts", "random_search"]
TABLES = [name for name in sorted(protocol_files()) if name.startswith("table")]


@pytest.fixture
def subsets(reference, monkeypatch):
    monkeypatch.setenv("HARNESS_DATA", str(reference))


@pytest.mark.parametrize("name", ["quick", "smoke"])
def test_short_protocols_plan_on_digits(name):
    pairs = [{"source": "d10", "target": "d100"}]
    document = experiment(protocol=name, pairs=pairs, methods=METHODS)
    assert make_plan(resolve_experiment(make_experiment(document))).jobs


@pytest.mark.parametrize("name", ["quick", "smoke"])
def test_short_protocols_compare_networks_of_any_size_at_a_target_within_reach(name, capsys):
    methods = ["darts", "proxylessnas", "eat_nas", "random_search"]
    pairs = [{"source": "d10", "target": "d100"}]
    document = experiment(protocol=name, pairs=pairs, methods=methods, space="mobile")
    found = resolve_experiment(make_experiment(document))
    assert found.protocol.costs.target and not found.warnings
    assert all(job.spec.costs == found.protocol.costs for job in make_plan(found).jobs)


@pytest.mark.parametrize("name", TABLES)
def test_protocols_of_tables_plan_on_recorded_tasks(subsets, name):
    pairs = [{"source": "c10", "target": "in16"}]
    document = experiment(protocol=name, pairs=pairs, methods=["random_search"], space="nb201")
    assert make_plan(resolve_experiment(make_experiment(document))).jobs


@pytest.mark.parametrize("name", sorted(set(protocol_files()) - set(TABLES)))
def test_every_protocol_plans_on_cifar(subsets, name):
    pairs = [{"source": "c10", "target": "c100"}]
    document = experiment(protocol=name, pairs=pairs, methods=METHODS)
    assert make_plan(resolve_experiment(make_experiment(document))).jobs


@pytest.mark.parametrize("file", sorted((ROOT / "configs" / "experiments").glob("*.yaml")))
def test_every_experiment_plans(subsets, file, tmp_path, monkeypatch):
    (tmp_path / "configs").symlink_to(ROOT / "configs")  # beside the table that is written here
    file = tmp_path / file.relative_to(ROOT)
    monkeypatch.chdir(tmp_path)
    for gap in (plugins.METHODS.missing(method.name) for method in load_experiment(file).methods):
        if gap:
            pytest.skip(f"a method {gap}")
    commands = [
        line for line in file.read_text().splitlines() if "python -m harness latency" in line
    ]
    for command in commands:  # what the file says has to be done before
        main([*command.split()[4:], "--repeats", "1", "--networks", "0"])
    assert make_plan(resolve_experiment(load_experiment(file))).jobs


def test_the_paper_protocol_has_the_published_settings(subsets):
    pairs = [{"source": "c10", "target": "c100"}]
    found = resolve_experiment(make_experiment(experiment(protocol="paper", pairs=pairs)))
    rules, method = found.protocol, found.methods["darts"].params
    assert rules.search.budget.epochs == 50
    assert (rules.search.supernet.channels, rules.search.supernet.cells) == (16, 8)
    recipe = rules.train.recipe
    assert (recipe.channels, recipe.cells, recipe.epochs, recipe.batch_size) == (36, 20, 600, 96)
    assert (recipe.auxiliary_weight, recipe.drop_path) == (0.4, 0.2)
    assert recipe.augmentation.cutout == 16
    assert rules.splits.by_index
    assert found.facts.methods["darts"].defaults == method  # no deviation from the paper's
    assert method["order"] == 2
    assert method["choices"]["learning_rate"] == 3e-4


def test_the_primary_family_of_the_digits_fits_their_seeds():
    # Five seeds unpaired: the smallest p is 2/C(10, 5) = 1/126, so Holm holds up to 6 comparisons.
    loaded = load_experiment(ROOT / "configs" / "experiments" / "digits.yaml")
    family = len(loaded.protocol.primary) * len(loaded.methods) * len(loaded.pairs)
    assert 1 <= family <= 6 and len(loaded.seeds) == 5


def test_the_main_job_has_enough_searches_for_all_that_it_asks():
    planned = load_experiment(ROOT / "configs" / "experiments" / "first.yaml")
    assert not resolve_experiment(planned).warnings
    family = [
        (method.title, pair.target.name, one)
        for method in planned.methods
        for pair in planned.method_pairs(method.title)
        for one in planned.protocol.primary
        if {one.arm, one.against} <= {*planned.method_arms(method.title), Arm.RANDOM}
    ]
    seeds = len(planned.seeds)
    assert seeds >= 10 and is_feasible(smallest_p(seeds, seeds), len(family))


def test_every_link_of_the_documents_leads_somewhere():
    import re

    for page in [*PAGES, ROOT / "results" / "README.md"]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
