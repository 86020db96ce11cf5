"""Zero-cost search (Abdelfattah et al., ICLR 2021): judge what a proxy ranks highest."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import NonNegativeInt, PositiveInt
from scipy.stats import kendalltau, spearmanr
from typing_extensions import override

from harness.api import Architecture, Problem, Split, Stream, Tunable, Unsupported
from harness.search.evolution.generation import draw_distinct
from harness.search.fitness import AIM, Aim
from harness.search.proxies.batch import Batch
from harness.search.proxies.naming import ProxyName, compute, needs_data
from harness.search.sample_based import SampleBased


class ZeroCost(SampleBased):
    """Rank random candidates by what their untrained networks promise, and judge them in turn.

    The first step draws the candidates, ranks them, and judges the highest; each further step
    judges the next. When all are judged others are drawn. The answer is the best by validation
    accuracy, not by proxy. Networks have the size of the search's super-network; proxies that look
    at data all see the same training batch. A warm start judges the source's answer first.

    The insights tell how the proxy's ranks agree with those of the scores, among the candidates
    judged: only those that the proxy ranked high, so that in a short search the agreement among all
    candidates may differ much.

    Args:
        problem: What to search.
        proxy: What ranks. ``synflow``, ``parameters`` and ``multiply_adds`` need no data;
            ``naswot``, ``jacob_cov``, ``snip`` and ``grad_norm`` need a batch.
        candidates: How many are drawn and ranked (ours).
        fidelity: Effort spent on each judged candidate; None takes the highest on offer.
        aim: At the target of cost that a comparison may set (ours).

    Raises:
        Unsupported: If the proxy needs data and there are none.
    """

    contract_params: ClassVar[Mapping[str, Any]] = {"candidates": 5}

    def __init__(
        self,
        problem: Problem,
        *,
        proxy: ProxyName = "synflow",
        candidates: Annotated[PositiveInt, Tunable(10, 2000, log=True)] = 1000,
        fidelity: NonNegativeInt | None = None,
        aim: Aim = AIM,
    ) -> None:
        super().__init__(problem, fidelity=fidelity, aim=aim)
        self.proxy, self.candidates = proxy, candidates
        self.queue = []  # nothing is judged before it is ranked
        self.ranked: dict[Architecture, float] = {}
        self.judged: dict[Architecture, tuple[float, float]] = {}
        self._draws = _open_train(problem, proxy) if needs_data(proxy) else None

    @override
    def propose(self) -> Architecture:
        if not self.ranked:
            self.ranked = self._rank()
        return next(iter(self.ranked))

    @override
    def learn(self, architecture: Architecture, fitness: float) -> None:
        promise = self.ranked.pop(architecture, None)
        if promise is not None:
            self.judged[architecture] = promise, fitness / self.fitness.factor(architecture)

    @override
    def insights(self) -> dict[str, Any]:
        rows = [row for row in self.judged.values() if all(map(math.isfinite, row))]
        promises, scores = zip(*rows, strict=True) if rows else ((), ())
        found: dict[str, Any] = {"proxy_judged": len(rows), "proxy_kendall": None}
        found["proxy_spearman"] = None
        if min(len(set(promises)), len(set(scores))) > 1:
            found["proxy_kendall"] = float(kendalltau(promises, scores).statistic)
            found["proxy_spearman"] = float(spearmanr(promises, scores).statistic)
        return found

    @override
    def state_dict(self) -> dict[str, Any]:
        return {
            **super().state_dict(),
            "ranked": [list(row) for row in self.ranked.items()],
            "judged": [[architecture, *row] for architecture, row in self.judged.items()],
        }

    @override
    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        self.ranked = {tuple(architecture): promise for architecture, promise in state["ranked"]}
        self.judged = {tuple(row[0]): (row[1], row[2]) for row in state["judged"]}

    def _rank(self) -> dict[Architecture, float]:
        """Return new candidates and what the proxy says of them, the highest first."""
        problem = self.problem
        drawn = draw_distinct(self.candidates, lambda: problem.space.sample(problem.rng))
        fresh = [candidate for candidate in drawn if candidate not in self.judged] or drawn
        batch = None
        if self._draws is not None:
            batch = Batch(*self._draws.next(), problem.loss)
        promises = {candidate: self._promise(candidate, batch) for candidate in fresh}
        return dict(sorted(promises.items(), key=lambda row: -row[1]))

    def _promise(self, candidate: Architecture, batch: Batch | None) -> float:
        """Return what the proxy says; minus infinity where that is no number."""
        problem = self.problem
        network = problem.space.build(candidate, problem.shape, problem.scale).to(problem.device)
        promise = compute(self.proxy, network, problem.shape, batch)
        return -math.inf if math.isnan(promise) else promise


def _open_train(problem: Problem, proxy: ProxyName) -> Stream:
    try:
        return problem.stream(Split.TRAIN)
    except ValueError as error:
        raise Unsupported(
            f"The proxy {proxy} looks at images, and this search has none; choose synflow, "
            "parameters or multiply_adds."
        ) from error
