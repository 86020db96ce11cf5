"""The plugin API: the nouns that a plugin needs, in one import; loads no torch."""

from harness.errors import ConfigError, DataError, Unsupported
from harness.interfaces.architecture import Architecture, Decision
from harness.interfaces.costs import Costs, EdgeCosts, Inventory, OperationKey, Product
from harness.interfaces.data import data_folder, find_file, may_download
from harness.interfaces.evaluation import (
    Assessment,
    Evaluation,
    Evaluator,
    EvaluatorContext,
    Outcome,
    Recorded,
)
from harness.interfaces.gates import Gates, argmax
from harness.interfaces.graph import BlockChain, CellGraph, Graphs
from harness.interfaces.method import Method, SearchKind, SearchNetwork, SearchState, Startup
from harness.interfaces.problem import Problem, Stream
from harness.interfaces.recipe import Augmentation, Recipe, Rules, Scale
from harness.interfaces.source import show
from harness.interfaces.space import SearchSpace, WeightSharingSpace
from harness.interfaces.task import AugmentationLimits, Examples, Split, Task, TaskShape
from harness.interfaces.tunable import Tunable
from harness.notation.genotype import format_genotype, parse_genotype
from harness.notation.nb201_file import NB201_LATENCIES, NB201_TABLE, Nb201File, find_nb201
from harness.notation.nb201_text import (
    NB201_EDGES,
    NB201_NODES,
    NB201_OPERATIONS,
    format_nb201,
    parse_nb201,
)

__all__ = [
    "NB201_EDGES",
    "NB201_LATENCIES",
    "NB201_NODES",
    "NB201_OPERATIONS",
    "NB201_TABLE",
    "Architecture",
    "Assessment",
    "Augmentation",
    "AugmentationLimits",
    "BlockChain",
    "CellGraph",
    "ConfigError",
    "Costs",
    "DataError",
    "Decision",
    "EdgeCosts",
    "Evaluation",
    "Evaluator",
    "EvaluatorContext",
    "Examples",
    "Gates",
    "Graphs",
    "Inventory",
    "Method",
    "Nb201File",
    "OperationKey",
    "Outcome",
    "Problem",
    "Product",
    "Recipe",
    "Recorded",
    "Rules",
    "Scale",
    "SearchKind",
    "SearchNetwork",
    "SearchSpace",
    "SearchState",
    "Split",
    "Startup",
    "Stream",
    "Task",
    "TaskShape",
    "Tunable",
    "Unsupported",
    "WeightSharingSpace",
    "argmax",
    "data_folder",
    "find_file",
    "find_nb201",
    "format_genotype",
    "format_nb201",
    "may_download",
    "parse_genotype",
    "parse_nb201",
    "show",
]
