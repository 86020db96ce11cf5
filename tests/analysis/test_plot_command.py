"""One figure by one command: found by its file's name, with the table it shows beside it."""

import io
import json

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from analysis.figures.kinds import kinds, title
from analysis.figures.style import why_nothing
from harness.cli import main
from harness.results.record import Status
from tests.analysis.experiments import CRASH
from tests.analysis.loading import load_study


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    from tests.analysis.experiments import Invention

    both_ways = (("d10", "d100"), ("d100", "d10"))
    home = tmp_path_factory.mktemp("plots") / "digits"
    return Invention(home, seeds=2, pairs=both_ways, train_seeds=2).write()


@pytest.fixture(scope="module")
def results(folder):
    return load_study([folder])


@pytest.fixture(scope="module")
def nothing(tmp_path_factory):
    """What is known of an experiment of which every job failed."""
    from tests.analysis.experiments import Invention

    folder = tmp_path_factory.mktemp("nothing") / "digits"
    return load_study([Invention(folder, seeds=1, fate=lambda job: (Status.FAILED, CRASH)).write()])


OTHER = {"chains"}  # they need a space of blocks and have tests of their own


@pytest.mark.parametrize("name", [name for name in kinds() if name not in OTHER])
def test_every_kind_draws_what_it_collects(results, name):
    table = kinds()[name].collect(results)
    assert isinstance(table, pd.DataFrame) and len(table)
    figure = kinds()[name].draw(table)
    assert isinstance(figure, Figure) and figure.axes
    assert title(name).endswith(".")


def test_cells_are_drawn_from_their_table_alone(results):
    module = kinds()["cells"]
    table = module.collect(results)
    read = pd.read_csv(io.StringIO(table.to_csv(index=False)), keep_default_na=False)
    texts = [[text.get_text() for text in module.draw(one).axes[0].texts] for one in (table, read)]
    assert texts[0] == texts[1]
    # Per method and pair: before, after, difference and direct of a normal and a reduction cell.
    assert sum(text.endswith(" cell") for text in texts[0]) == 2 * 2 * 4 * 2
    changed = table[table["view"].str.startswith("difference")]
    assert set(changed["state"]) == {"same", "new", "gone", "output"}


@pytest.mark.parametrize("name", kinds())
def test_every_kind_draws_where_nothing_came_out(nothing, name):
    table = kinds()[name].collect(nothing)
    assert kinds()[name].draw(table).axes
    assert kinds()[name].draw(table.head(0)).axes


def test_no_label_is_cut_off_at_any_border(invent, tmp_path):
    methods = ("darts", "random_search", "a_method_with_quite_a_long_name")
    folder = invent(seeds=2, methods=methods, pairs=(("d10", "d100"), ("d100", "d10")))
    for name in ("arms", "pareto"):
        file = tmp_path / f"{name}.png"
        main(["plot", str(folder), name, "--out", str(file)])
        pixels = np.asarray(Image.open(file).convert("L"))
        border = (pixels[:3], pixels[-3:], pixels[:, :3], pixels[:, -3:])
        assert all((side == 255).all() for side in border)


def test_training_that_serves_two_arms_is_drawn_once(invent):
    folder = invent(seeds=2, methods=("darts",), pairs=(("d10", "d100"), ("d100", "d10")))
    results = load_study([folder])
    points = kinds()["pareto"].collect(results)
    points = points[points["kind"] == "network"]
    assert points["job"].is_unique and len(points) == results.tables.runs["job"].nunique()
    assert "source" not in set(kinds()["arms"].collect(results)["arm"])


def test_helpers_are_no_figures():
    assert "arms" in kinds()
    assert not {"style", "files", "cell_layout"} & set(kinds())


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_figure_and_table_are_the_same_bytes_twice(folder, tmp_path, suffix, capsys):
    files = [tmp_path / side / f"arms{suffix}" for side in ("one", "two")]
    for file in files:
        file.parent.mkdir()
        assert main(["plot", str(folder), "arms", "--out", str(file)]) == 0
        assert capsys.readouterr().out.strip() == str(file)
    assert files[0].read_bytes() == files[1].read_bytes()
    tables = [file.with_suffix(".csv").read_bytes() for file in files]
    assert tables[0] == tables[1]
    assert "transferred" in tables[0].decode()


def test_figure_says_that_its_task_is_a_subset(folder, tmp_path):
    main(["plot", str(folder), "pareto", "--out", str(tmp_path / "a.svg")])
    assert "d10 (invented subset), d100 (invented subset)" in (tmp_path / "a.svg").read_text()


def test_list_prints_every_kind_with_its_title(folder, capsys):
    assert main(["plot", str(folder), "--list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {name: title(name) for name in kinds()}
    assert main(["plot", "--list"]) == 0
    assert capsys.readouterr().out.startswith(next(iter(kinds())))


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["arm", "--out", "a.png"], "No figure is called 'arm'. Did you mean arms?"),
        (["arms"], "A figure needs an experiment, a kind and a file"),
        (["arms", "--out", "a.bmp"], "expected one that ends in .png, .svg, .pdf"),
        (["arms", "--out", "a.png", "--study", "x"], "--study 'x' is none of these"),
    ],
)
def test_mistakes_are_answered_in_one_line(folder, capsys, words, complaint):
    assert main(["plot", str(folder), *words]) == 2
    error = capsys.readouterr().err
    assert complaint in error and error.count("\n") == 1


def test_experiments_under_different_rules_need_the_study_named(invent, tmp_path, capsys):
    what = {"seeds": 1, "methods": ("darts",), "arms": ("direct", "random")}
    folders = [str(invent("one", **what)), str(invent("two", **what, protocol={"name": "other"}))]
    out = ["--out", str(tmp_path / "a.png")]
    assert main(["plot", *folders, "arms", *out]) == 2
    assert "choose with --study: one; two." in capsys.readouterr().err
    assert main(["plot", *folders, "arms", *out, "--study", "two"]) == 0
    assert "direct" in (tmp_path / "a.csv").read_text()


def test_a_kind_without_data_is_refused_and_writes_nothing(nothing, folder, tmp_path, capsys):
    for where, kind in ((nothing.tables.members.folders["digits"], "forest"), (folder, "chains")):
        assert main(["plot", str(where), kind, "--out", str(tmp_path / "a.svg")]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith(f"error: There is nothing to draw as {kind}: ")
    assert not list(tmp_path.iterdir())


def test_a_figure_that_shows_something_is_not_nothing(results):
    for name in kinds().keys() - OTHER:
        assert why_nothing(kinds()[name].draw(kinds()[name].collect(results))) is None
