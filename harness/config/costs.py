"""What a comparison counts besides accuracy, as a protocol says it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, PositiveInt, model_validator

from harness.api import Rules, Scale
from harness.config.relative import COLUMN


class SuperNetwork(Rules):
    """Size of the network that is searched."""

    channels: PositiveInt
    cells: PositiveInt

    @property
    def scale(self) -> Scale:
        """The same as the interface's noun."""
        return Scale(self.channels, self.cells)


class CostRules(Rules):
    """What a comparison counts besides accuracy.

    Attributes:
        currency: ``milliseconds`` by a latency table, or ``multiply-adds``.
        network: Size of the networks that are priced: usually that of the final training. A column
            of latencies needs none: they were measured on the benchmark's own networks.
        target: What methods that trade accuracy against cost aim at, in the currency; None only
            reports.
        table: File of a latency table, as ``python -m harness latency`` writes it, or as published
            with ProxylessNAS, relative to the file that says it; or ``nb201:DEVICE``, a column of
            NAS-Bench-201's latencies.
        fingerprint: Of the table's content; found when the experiment is planned.
    """

    currency: Literal["milliseconds", "multiply-adds"]
    network: SuperNetwork | None = None
    target: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    table: str | None = None
    fingerprint: str = ""

    @model_validator(mode="after")
    def _has_a_table_for_milliseconds(self) -> Self:
        if (self.table is None) == (self.currency == "milliseconds"):
            raise ValueError("milliseconds need a latency table, multiply-adds have none")
        if (self.network is None) == (self.column is None):
            raise ValueError(
                "the size of the networks that are priced is missing"
                if self.network is None
                else f"the column {self.table} has networks of its own; leave network out"
            )
        return self

    @property
    def column(self) -> str | None:
        """The device whose column of NAS-Bench-201's latencies is meant, if one is."""
        table = self.table or ""
        return table.removeprefix(COLUMN) if table.startswith(COLUMN) else None
