"""What operations cost: how a price list names them, and what they add up to in a super-network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from harness.interfaces.architecture import Architecture

Size = tuple[int, int, int]  # channels, height, width


@dataclass(frozen=True, order=True)
class OperationKey:
    """An operation at a place of a network, as a price list names it.

    Attributes:
        name: What is computed, e.g. ``sep_conv_3x3``; equal names with equal sizes cost the same.
        inputs: Channels, height and width of what it takes.
        outputs: Of what it returns.
    """

    name: str
    inputs: Size
    outputs: Size

    def to_text(self) -> str:
        """Return the key as a file holds it, e.g. ``sep_conv_3x3 16x32x32 16x16x16``."""
        sizes = ("x".join(map(str, size)) for size in (self.inputs, self.outputs))
        return " ".join((self.name, *sizes))


Keys = tuple[OperationKey, ...]


@dataclass(frozen=True)
class Product:
    """What two edges cost together, where the choice on one decides how often the other's is used.

    Attributes:
        first: An edge.
        second: Another edge.
        keys: For each option of the first and each of the second the operations that then run.
    """

    first: int
    second: int
    keys: tuple[tuple[Keys, ...], ...]


@dataclass(frozen=True)
class Inventory:
    """Every operation of a super-network, by the choice that it depends on.

    Attributes:
        fixed: Those of every architecture: stem, preprocessing, classifier.
        edges: Per edge and option those that the option brings, summed over the cells that share
            the edge; empty for edges that stand in products only.
        products: Those that depend on two edges.
    """

    fixed: Keys
    edges: tuple[tuple[Keys, ...], ...]
    products: tuple[Product, ...] = ()

    def operations(self) -> Iterator[OperationKey]:
        """Yield every operation, some more than once."""
        yield from self.fixed
        tables = (*self.edges, *(row for product in self.products for row in product.keys))
        for options in tables:
            for keys in options:
                yield from keys


@dataclass(frozen=True)
class ProductCosts:
    """The costs of a ``Product``: ``costs[i][j]`` for its options i and j."""

    first: int
    second: int
    costs: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class EdgeCosts:
    """What a super-network's choices cost, in one currency.

    The expected cost under probabilities p of each edge's options is ``fixed`` plus the sum over
    edges of ``p[e] . edges[e]`` plus that over products of ``p[first]' costs p[second]``.

    Attributes:
        fixed: Of what every architecture has.
        edges: One number per option of each edge.
        products: Of what two edges decide together.
    """

    fixed: float
    edges: tuple[tuple[float, ...], ...]
    products: tuple[ProductCosts, ...] = ()

    def of(self, probabilities: Sequence[Sequence[float]]) -> float:
        """Return the expected cost, as plain numbers."""
        linear = sum(
            share * cost
            for shares, costs in zip(probabilities, self.edges, strict=True)
            for share, cost in zip(shares, costs, strict=False)
        )
        bilinear = sum(
            one * other * cost
            for product in self.products
            for one, row in zip(probabilities[product.first], product.costs, strict=True)
            for other, cost in zip(probabilities[product.second], row, strict=True)
        )
        return self.fixed + linear + bilinear


@dataclass(frozen=True)
class Costs:
    """What a method may trade against accuracy.

    Attributes:
        currency: ``milliseconds`` or ``multiply-adds``.
        target: What the comparison asks for, in the currency; None if it only reports.
        of: Returns the cost of an architecture's stand-alone network of the search's scale.
        edges: Of the super-network; None where the space has none.
    """

    currency: str
    target: float | None
    of: Callable[[Architecture], float]
    edges: EdgeCosts | None


def price(inventory: Inventory, prices: Callable[[OperationKey], float]) -> EdgeCosts:
    """Return what an inventory costs.

    Args:
        inventory: Of a super-network.
        prices: The price of each operation; raises where it has none.
    """

    def total(keys: Keys) -> float:
        return sum(prices(key) for key in keys)

    return EdgeCosts(
        fixed=total(inventory.fixed),
        edges=tuple(tuple(map(total, options)) for options in inventory.edges),
        products=tuple(
            ProductCosts(
                product.first, product.second, tuple(tuple(map(total, row)) for row in product.keys)
            )
            for product in inventory.products
        ),
    )
