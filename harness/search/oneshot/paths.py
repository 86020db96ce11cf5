"""Paths drawn through a super-network, and binary gates that learn as a softmax does.

Draws are made on the host, from torch's generator, because a super-network must know there what
runs. Edges may differ in their numbers of options; what is computed for all edges at once is
padded: row e of a matrix (edges, most options) belongs to edge e.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from harness.api import Gates

Options = tuple[int, ...]


def stack(rows: Sequence[Tensor]) -> Tensor:
    """Return vectors as the rows of one matrix, filled up with minus infinity."""
    padded: Tensor = pad_sequence(list(rows), batch_first=True, padding_value=-math.inf)
    return padded


def draw_options(logits: Sequence[Tensor], count: int) -> list[Options]:
    """Draw options of each edge, one after another without replacement, by their softmax.

    The order of Gumbel-perturbed logits is that of such draws. Unlike draws by probability it also
    works where all but one of those vanish; logits that diverged to NaN count as zero.

    Args:
        logits: Per edge, on the host.
        count: How many to draw; an edge with fewer options gives them all.
    """
    rows = stack([torch.nan_to_num(row.double(), nan=0.0) for row in logits])
    waiting = torch.empty_like(rows).exponential_().clamp_min(torch.finfo(rows.dtype).tiny)
    ranked = (rows - waiting.log()).topk(min(count, rows.shape[1])).indices.tolist()
    return [tuple(order[: len(row)]) for order, row in zip(ranked, logits, strict=True)]


def one_hot(choices: Sequence[int], like: Sequence[Tensor]) -> Tensor:
    """Return a matrix (edges, most options) with a one at each edge's choice."""
    hot = torch.zeros(len(like), max(map(len, like)), dtype=like[0].dtype)
    hot[torch.arange(len(like)), torch.tensor(choices)] = 1
    return hot.to(like[0].device)


def split(matrix: Tensor, like: Sequence[Tensor]) -> list[Tensor]:
    """Return the rows of a padded matrix, without the padding."""
    return [row[: len(own)] for row, own in zip(matrix, like, strict=True)]


def path_gates(choices: Sequence[int], like: Sequence[Tensor]) -> Gates:
    """Return gates under which only one option of each edge runs, with weight one."""
    return Gates(split(one_hot(choices, like), like), [(choice,) for choice in choices])


@dataclass(frozen=True)
class BinaryGates:
    """Gates of value one for one option of each edge and zero for others, that still learn.

    They are zero or one forwards and the softmax over the options that take part backwards:
    dL/dalpha_i = sum_j dL/dg_j p_j (delta_ij - p_i), and exactly zero for all other options.

    Attributes:
        alphas: The parameters, per edge.
        options: Per edge those that take part.
        active: Per edge the one of them that runs with gradient; the others are probed.
        shares: Per edge the softmax over the options that take part, zero elsewhere, with graph.
        taking_part: The options again, as a padded matrix of truth values.
        before: The values of the parameters when the gates were drawn, padded.
    """

    alphas: Sequence[Tensor]
    options: Sequence[Options]
    active: Options
    shares: Sequence[Tensor]
    taking_part: Tensor
    before: Tensor

    @classmethod
    def over(
        cls, alphas: Sequence[Tensor], options: Sequence[Options], active: Options
    ) -> BinaryGates:
        """Return the gates of a draw."""
        rows = stack(alphas)
        marks = torch.zeros(rows.shape, dtype=torch.bool)
        for mark, own in zip(marks, options, strict=True):
            mark[list(own)] = True
        marks = marks.to(rows.device)
        shares = rows.masked_fill(~marks, -math.inf).softmax(1)
        return cls(alphas, options, active, split(shares, alphas), marks, rows.detach())

    def gates(self, probe: Literal["forward", "backward"]) -> Gates:
        """Return what a super-network is passed."""
        hot = split(one_hot(self.active, self.alphas), self.alphas)
        # The bracket is exactly zero, so that the values stay exactly binary.
        weights = [h + (p - p.detach()) for h, p in zip(hot, self.shares, strict=True)]
        probed = [
            tuple(option for option in own if option != active)
            for own, active in zip(self.options, self.active, strict=True)
        ]
        return Gates(weights, [(choice,) for choice in self.active], probed, probe)

    @torch.no_grad()
    def keep_mass(self) -> None:
        """Shift the changed parameters so that the options that took part weigh what they did.

        Then the probabilities of all others are what they were; their parameters are put back,
        should the optimiser's momentum or decay have moved them.
        """
        after = stack(self.alphas)
        new, old = (
            rows.masked_fill(~self.taking_part, -math.inf).logsumexp(1, keepdim=True)
            for rows in (after, self.before)
        )
        kept = torch.where(self.taking_part, after - (new - old), self.before)
        for alpha, row in zip(self.alphas, split(kept, self.alphas), strict=True):
            alpha.copy_(row)
