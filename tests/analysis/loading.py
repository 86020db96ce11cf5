"""Experiments as one study: what most tests look at."""

from copy import copy

from analysis.loading.load import load_tables
from analysis.study import load


def load_study(folders, **how):
    """Return the one study that the experiments make up."""
    (study,) = load(folders, **how)
    return study


def load_one(folders):
    """Return the tables of the one study that the experiments make up."""
    (tables,) = load_tables(folders)
    return tables


def change_answers(study, **answers):
    """Return a study with other answers, or other tables."""
    changed = copy(study)
    changed.__dict__.update(answers)
    return changed
