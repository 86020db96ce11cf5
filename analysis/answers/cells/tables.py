"""Every table about cells that a report shows or writes down."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.answers.cells.changes import change_table, operation_table
from analysis.answers.cells.course import course_table, divergence_table
from analysis.answers.cells.lineage import Lineage
from analysis.answers.cells.searched import Collection, group_table, stability_table
from analysis.answers.cells.shapes import shape_table
from analysis.answers.cells.trained import functional_table, mantel_table
from analysis.architectures.chance import Chance
from analysis.loading.load import Tables

# Of the relabellings that tests draw where they cannot try all.
SEED = 0


def similarity_tables(tables: Tables, found: Collection, chance: Chance) -> dict[str, pd.DataFrame]:
    """Return stability, group tests, Mantel tests and functional similarity, by file name."""
    rng = np.random.default_rng(SEED)
    return {
        "similarity_stability": stability_table(found, chance),
        "similarity_groups": group_table(found, rng),
        "similarity_mantel": mantel_table(tables, rng),
        "similarity_functional": functional_table(tables),
    }


def change_tables(
    tables: Tables, lineages: Sequence[Lineage], chance: Chance
) -> dict[str, pd.DataFrame]:
    """Return what changed, shapes, and alphas' course, by file name."""
    return {
        "changes": change_table(lineages, chance),
        "change_operations": operation_table(lineages, chance),
        "shapes": shape_table(tables, chance),
        "alpha_course": course_table(lineages, tables.alphas),
        "alpha_divergence": divergence_table(lineages, tables.alphas),
    }
