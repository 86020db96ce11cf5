"""A super-network of ours, its losses and its streams, as NNI's one-shot strategies take them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from nni.nas.evaluator.pytorch.lightning import Lightning, LightningModule, Trainer
from nni.nas.execution import SequentialExecutionEngine
from nni.nas.nn.pytorch import LayerChoice, ModelSpace
from nni.nas.oneshot.pytorch.strategy import OneShotStrategy
from nni.nas.space import RawFormatModelSpace
from pytorch_lightning.plugins.environments import LightningEnvironment
from torch import Tensor, nn
from typing_extensions import override

from harness.api import Decision, Gates, Problem, Split, Unsupported
from harness.search.nni.quiet import seeded, silenced
from harness.search.oneshot.bilevel import Bilevel


class Row(nn.Module):
    """One candidate operation of an edge, as NNI sees it: a gate that is one there, zero elsewhere.

    Args:
        options: Of the edge.
        choice: Which one it is.
    """

    row: Tensor

    def __init__(self, options: int, choice: int) -> None:
        super().__init__()
        self.register_buffer("row", torch.eye(options)[choice], persistent=False)

    @override
    def forward(self, images: Tensor) -> Tensor:
        return self.row


class GatedSpace(ModelSpace):  # type: ignore[misc]
    """A model space of NNI with one layer choice for each edge; what it mixes are the gates.

    A strategy's weighted sum of one-hot rows is the vector of its weights, so that it trains the
    same super-network as our methods do.

    Attributes:
        supernet: Ours.
        choices: The layer choices, in the order of the edges.
        path: The one option of each edge that runs, where a strategy samples; None runs all.
    """

    def __init__(self, supernet: nn.Module, edges: Sequence[Decision]) -> None:
        super().__init__()
        self.supernet = supernet
        self.choices = nn.ModuleList(
            LayerChoice([Row(len(e.options), o) for o in range(len(e.options))], label=f"edge_{i}")
            for i, e in enumerate(edges)
        )
        self.path: list[int] | None = None

    @override
    def forward(self, images: Tensor) -> Tensor:
        active = None if self.path is None else [(choice,) for choice in self.path]
        weights = [choice(images) for choice in self.choices]
        logits: Tensor = self.supernet(images, Gates(weights, active))
        return logits


class Batches:
    """Epochs of a stream, each batch with its split; train batches end when the budget is spent.

    Lightning begins a loader again when it ends early, so what was handed out is counted over all
    epochs. One batch there is even if the budget was spent before.
    """

    def __init__(self, method: Bilevel, split: Split) -> None:
        self._problem = method.problem
        self._split = split
        self._stream = method.train if split is Split.TRAIN else method.validation
        self._count = 0

    def __len__(self) -> int:
        return self._problem.epoch_steps

    def __iter__(self) -> Iterator[tuple[Split, Tensor, Tensor]]:
        for _ in range(len(self)):
            if self._split is Split.TRAIN and self._count and self._problem.is_spent():
                return
            self._count += 1
            yield self._split, *self._stream.next()


class Training(LightningModule):  # type: ignore[misc]
    """How the super-network descends: by the rules and losses of a method, as Lightning asks.

    Args:
        method: Whose weights' rules, losses and trace they are.
        after_step: Called after every step on the weights.
    """

    def __init__(self, method: Bilevel, after_step: Callable[[], None]) -> None:
        super().__init__()
        self._method, self._after_step = method, after_step

    @override
    def training_step(self, batch: tuple[Split, Tensor, Tensor], batch_idx: int) -> Tensor:
        split, images, targets = batch
        outputs = self.model(images)
        self._method.trace.observe(split, outputs, targets)
        is_training = split is Split.TRAIN
        loss = self._method.weight_loss if is_training else self._method.choice_loss
        return loss(outputs, targets)

    @override
    def on_train_batch_end(self, *args: Any) -> None:
        self._after_step()
        for group in self._method.weight_optimizer.param_groups:
            group["lr"] = self._method.learning_rate

    @override
    def configure_optimizers(self) -> torch.optim.Optimizer:
        return self._method.weight_optimizer


def train(
    method: Bilevel,
    strategy: OneShotStrategy,
    *,
    prepare: Callable[[GatedSpace], None],
    after_step: Callable[[], None],
    **trainer: Any,
) -> None:
    """Let a one-shot strategy train a method's super-network until the budget is spent.

    Args:
        method: What it works on.
        strategy: Fresh.
        prepare: Called with the model space after NNI has replaced its layer choices.
        after_step: Called after every step on the weights.
        trainer: What else the trainer of Lightning is told.
    """
    problem = method.problem
    assert problem.steps is not None
    epochs = -(-problem.steps // problem.epoch_steps)
    space = GatedSpace(method.supernet, method.space.edges)
    with silenced(), seeded(problem.rng):
        evaluator = Lightning(
            Training(method, after_step),
            _make_trainer(problem, max_epochs=epochs, **trainer),
            train_dataloaders=Batches(method, Split.TRAIN),
            val_dataloaders=Batches(method, Split.VALIDATION),
        )
        strategy.initialize(RawFormatModelSpace(space, evaluator), SequentialExecutionEngine())
        prepare(space)
        strategy.run()
    method.supernet.to(problem.device)  # Lightning leaves it on the host


def _make_trainer(problem: Problem, **arguments: Any) -> Any:
    """Return a trainer that only trains, on the problem's device alone, and writes nothing."""
    device = torch.device(problem.device)
    is_host = device.type == "cpu"
    return Trainer(
        accelerator="cpu" if is_host else "gpu",
        devices=1 if is_host else [device.index or 0],
        plugins=[LightningEnvironment()],  # whatever a cluster's queue says of more processes
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        limit_val_batches=0,
        **arguments,
    )


def refuse_unknown_horizon(problem: Problem) -> None:
    """Refuse a search whose number of batches nobody knows beforehand.

    Raises:
        Unsupported: If there are no images, or examples are not limited.
    """
    if not problem.epoch_steps:
        raise Unsupported("There are no images to train a super-network on.")
    if problem.steps is None:
        raise Unsupported(
            "NNI has to be told beforehand for how many epochs it trains; limit examples in the "
            "protocol's search budget."
        )
