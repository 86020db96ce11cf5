"""What a space's networks cannot do is left out of a recipe, and said."""

from __future__ import annotations

from collections.abc import Iterator

from harness.api import Recipe, SearchSpace
from harness.config.protocol import Protocol
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
    search, train, said = protocol.search, protocol.train, list[str]()
    if not looks_up(search.evaluator):
        candidate, sentences = _fit(search.candidate, "search.candidate", name, space)
        search = search.model_copy(update={"candidate": candidate})
        said += sentences
    if not looks_up(train.evaluator):
        recipe, sentences = _fit(train.recipe, "train.recipe", name, space)
        train = train.model_copy(update={"recipe": recipe})
        said += sentences
    return protocol.model_copy(update={"search": search, "train": train}), tuple(said)


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
