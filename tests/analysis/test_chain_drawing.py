"""Drawn chains: a tile per block, and in a difference what of each block changed."""

import io

import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import Rectangle

from analysis.answers.cells.lineage import Lineage
from analysis.arms import CONTINUED, DIRECT, SOURCE
from analysis.figures import chains
from analysis.figures.views import ALONE, View, list_views, told_changes
from harness.api import BlockChain
from tests.analysis.loading import load_study
from tests.analysis.test_bad_input import SMALL, _no_cells

X = "\N{MULTIPLICATION SIGN}"


def _graphs(*blocks, stages=()):
    return {"network": BlockChain(blocks, stages)}


BEFORE = _graphs("sepconv k7 x1 w1", "mbconv k3 e3 skip x1 w0.5", "mbconv k5 e6 x2 w1")
AFTER = _graphs("mbconv k3 e6 skip x4 w1.5", "mbconv k7 e3 skip x1 w0.5", "mbconv k5 e6 x2 w1")
STAGED = _graphs("mbconv k3 e3", "zero", "mbconv k5 e6", stages=(2, 1))
LATER = _graphs("mbconv k7 e6", "mbconv k5 e6", "zero", stages=(2, 1))


def _journey(before, after):
    graphs = {SOURCE: before, CONTINUED: after, DIRECT: before}
    return Lineage("eat_nas", "d10", "d100", 0, {}, graphs)


def _table(before, after):
    return chains.tabulate({**ALONE, "method": "eat_nas"}, list_views(_journey(before, after)))


def _changes(before, after):
    table = _table(before, after)
    return table[table["view"].str.startswith("difference")]


def test_every_trait_that_changed_is_told():
    told = _changes(BEFORE, AFTER)
    assert told["state"].tolist() == ["changed", "changed", "same"]
    assert told["change"].str.split("; ").tolist()[:2] == [
        [
            "sepconv→mbconv",
            f"7{X}7→3{X}3",
            "no e→e6",
            "no skip→skip",
            "depth 1→depth 4",
            "w 1→w 1.5",
        ],
        [f"3{X}3→7{X}7"],
    ]
    assert "continued (d10 → d100) has 5 layers that" in told_changes(_journey(BEFORE, AFTER))


def test_blocks_come_and_go_within_their_stage():
    told = _changes(STAGED, LATER)
    assert told["change"].tolist() == [f"3{X}3→7{X}7; e3→e6", "added", "removed"]
    assert told["stage"].tolist() == [1, 1, 2]
    assert told["depth"].isna().all()


def test_a_chain_on_its_own_has_nothing_that_changed():
    table = chains.tabulate(ALONE, [View("mobile", BEFORE)])
    assert set(table["state"]) == {"plain"} and (table["change"] == "").all()
    row = table.iloc[1]
    assert (row["kernel"], row["expansion"], row["skip"], row["width"]) == (3, 3, True, 0.5)


@pytest.mark.parametrize("pair", [(BEFORE, AFTER), (STAGED, LATER)])
def test_text_stays_within_its_tile_and_tiles_apart(pair):
    figure = chains.draw(_table(*pair))
    renderer = FigureCanvasAgg(figure).get_renderer()
    axes = figure.axes[0]
    tiles = [patch.get_window_extent(renderer) for patch in axes.patches]
    assert all(isinstance(patch, Rectangle) for patch in axes.patches)
    texts = [text for text in axes.texts if text.get_ha() == "center"]
    assert len(texts) == len(tiles) == 3 * 4
    for place, (tile, text) in enumerate(zip(tiles, texts, strict=True)):
        box = text.get_window_extent(renderer)
        assert tile.x0 < box.x0 and box.x1 < tile.x1
        assert tile.y0 < box.y0 and box.y1 < tile.y1
        assert text.get_size() >= 9
        assert not any(tile.overlaps(other) for other in tiles[:place])


def test_chains_are_drawn_from_their_table_alone(invent):
    folder = invent(**SMALL)
    _no_cells(folder)
    results = load_study([folder])
    table = chains.collect(results)
    assert set(table["operation"]) == {"mbconv", 'odd <b> | "&"'}
    text = table.to_csv(index=False)
    read = pd.read_csv(
        io.StringIO(text),
        keep_default_na=False,
        na_values={"kernel": "", "expansion": "", "depth": "", "width": ""},
    )
    one, two = (chains.draw(each).axes[0].texts for each in (table, read))
    assert [text.get_text() for text in one] == [text.get_text() for text in two]
