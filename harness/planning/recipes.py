"""What a space's networks cannot do is left out of a recipe, and said."""

from __future__ import annotations

from collections.abc import Iterator

from harness.api import Recipe, SearchSpace
from harness.config.protocol import Judged, Protocol
from harness.planning.resolve_plugins import looks_up

# Fields of a recipe, the attribute of a space that says whether it can, and how to say it cannot.
PARTS = (
    ("drop_path", "has_drop_path", "drop no paths"),
    ("auxiliary_weight", "has_auxiliary_head", "have no auxiliary head"),
)


def fit_recipes(
    protocol: Protocol, name: str, space: SearchSpace
) -> tuple[Protocol, tuple[str, ...]]:
    """Return the protocol as a space's networks can be trained, and a sentence for each change.

    Recipes of results that are looked up stay as they are: a table knows one only.

    Args:
        protocol: Whose recipes are fitted.
        name: Of the space.
        space: The same, opened.
    """
    said: list[str] = []

    def fit(rules: Judged, where: str, key: str = "candidate") -> Judged:
        if looks_up(rules.evaluator):
            return rules
        recipe, sentences = _fit(getattr(rules, key), f"{where}.{key}", name, space)
        said.extend(sentences)
        return rules.model_copy(update={key: recipe})

    fitted = {
        "search": fit(protocol.search, "search"),
        "tasks": {task: fit(its, f"tasks.{task}") for task, its in protocol.tasks.items()},
        "train": fit(protocol.train, "train", "recipe"),
    }
    return protocol.model_copy(update=fitted), tuple(said)


def _fit(recipe: Recipe, where: str, name: str, space: SearchSpace) -> tuple[Recipe, list[str]]:
    absent = list(_list_absent(recipe, space))
    sentences = [
        f"Networks of the space {name} {reason}, so {where}.{field} {getattr(recipe, field):g} "
        "is left out."
        for field, reason in absent
    ]
    return recipe.model_copy(update={field: 0.0 for field, _ in absent}), sentences


def _list_absent(recipe: Recipe, space: SearchSpace) -> Iterator[tuple[str, str]]:
    """Yield the fields that ask for what the space cannot do, and what that is."""
    for field, attribute, reason in PARTS:
        if getattr(recipe, field) and not getattr(space, attribute):
            yield field, reason
