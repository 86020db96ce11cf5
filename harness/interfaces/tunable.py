"""Over what range a hyper-parameter may be tuned: said where it is declared."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tunable:
    """The range in which ``tune`` looks for a hyper-parameter.

    It is part of the annotation: ``rate: Annotated[float, Tunable(1e-4, 1e-1, log=True)]``. A range
    says what is worth trying, not what is allowed. Whole numbers where both ends are.

    Attributes:
        low: The smallest value tried.
        high: The largest.
        log: Whether equal factors are equally likely, instead of equal differences.
    """

    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        if not (self.low < self.high and (self.low > 0 or not self.log)):
            raise ValueError(
                f"a range ascends, and a logarithmic one is positive: {self.low:g}, {self.high:g}"
            )

    @property
    def is_whole(self) -> bool:
        """Whether only whole numbers are tried."""
        return isinstance(self.low, int) and isinstance(self.high, int)
