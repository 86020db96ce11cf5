"""Steps that a GPU runs as one CUDA graph, recorded once and then launched as a whole.

A step of a small network is thousands of kernels of a few microseconds each: a processor takes
longer to launch them one by one than the card takes to run them. A recorded step repeats the same
kernels on the same memory, so what is recorded must not wait for the device, must not decide
anything on the host that changes, and must not replace tensors that later steps read.
"""

from __future__ import annotations

import gc
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

import torch
from torch import Tensor
from typing_extensions import override

# Recording takes a second or more, which so many steps give back.
WORTHWHILE_STEPS = 50
# Calls of one shape before a recording, in which optimisers and libraries set up what they keep.
WARMUP_CALLS = 3

Shapes = tuple[torch.Size, ...]

log = logging.getLogger(__name__)


class Recorder(Protocol):
    """Runs a function in a way that makes it fit to be recorded, and records it."""

    def warm_up(self, run: Callable[[], None]) -> None:
        """Run a function where it will be recorded."""

    def record(self, run: Callable[[], None]) -> Callable[[], None]:
        """Record what a function launches, without running it, and return what repeats that."""


class CudaRecorder(Recorder):
    """Records CUDA graphs, which share their memory.

    Args:
        device: Of all tensors.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stream = torch.cuda.Stream(device)
        self._pool = torch.cuda.graph_pool_handle()

    @override
    def warm_up(self, run: Callable[[], None]) -> None:
        here = torch.cuda.current_stream(self._device)
        self._stream.wait_stream(here)
        with torch.cuda.stream(self._stream):
            run()
        here.wait_stream(self._stream)

    @override
    def record(self, run: Callable[[], None]) -> Callable[[], None]:
        done = torch.cuda.Event()
        try:
            graph = self._capture(run)
        except RuntimeError:
            # The memory stays with what failed, and so does the generator of random numbers until
            # another recording gives it back.
            self._pool = torch.cuda.graph_pool_handle()
            self._capture(lambda: torch.zeros(1, device=self._device))
            raise

        def replay() -> None:
            done.synchronize()  # the host is one step ahead, so that clocks stay honest
            graph.replay()
            done.record(torch.cuda.current_stream(self._device))

        return replay

    def _capture(self, run: Callable[[], object]) -> torch.cuda.CUDAGraph:
        graph = torch.cuda.CUDAGraph()
        # The current stream is left as it was found, also where a recording fails.
        here = torch.cuda.current_stream(self._device)
        with (
            uncollected(),
            torch.cuda.device(self._device),
            torch.cuda.stream(here),
            torch.cuda.graph(graph, pool=self._pool, stream=self._stream),
        ):
            run()
        return graph


@contextmanager
def uncollected() -> Iterator[None]:
    """Collect garbage now and not within: a graph that is freed would end the one in the making."""
    gc.collect()
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def make_recorder(device: torch.device | str, steps: int | None) -> Recorder | None:
    """Return what records steps on a device; None where they run as they are.

    Args:
        device: Where.
        steps: How many there will be; None if nobody knows.
    """
    device = torch.device(device)
    is_short = steps is not None and steps < WORTHWHILE_STEPS
    return None if device.type != "cuda" or is_short else CudaRecorder(device)


class CapturedStep:
    """A function of tensors that is recorded once it has been called often enough.

    It returns nothing: all it does is to change tensors in place. Calls with arguments of other
    shapes, such as the last, smaller batch of an epoch, run the function itself. So do all calls
    without a recorder, and all calls after a recording has failed, which is said once in the log.

    Args:
        function: What is called.
        recorder: Records it; None never does.
        name: For the log.

    Attributes:
        is_captured: Whether there is a recording.
    """

    def __init__(self, function: Callable[..., None], recorder: Recorder | None, name: str) -> None:
        self._function, self._recorder, self._name = function, recorder, name
        self._shapes: Shapes = ()
        self._calls: Counter[Shapes] = Counter()
        self._inputs: list[Tensor] = []
        self._replay: Callable[[], None] | None = None

    def __call__(self, *inputs: Tensor) -> None:
        """Call the function, or repeat what was recorded of it."""
        shapes = tuple(tensor.shape for tensor in inputs)
        if self._recorder is None or (self.is_captured and shapes != self._shapes):
            self._function(*inputs)
        elif self.is_captured or self._calls[shapes] == WARMUP_CALLS:
            self._shapes = shapes
            self._repeat(self._recorder, inputs)
        else:
            self._calls[shapes] += 1
            self._recorder.warm_up(lambda: self._function(*inputs))

    def forget(self) -> None:
        """Drop the recording: tensors that the function reads have been replaced."""
        self._calls.clear()
        self._inputs, self._replay = [], None

    @property
    def is_captured(self) -> bool:
        """Whether calls of the usual shape repeat a recording."""
        return self._replay is not None

    def _repeat(self, recorder: Recorder, inputs: tuple[Tensor, ...]) -> None:
        if self._replay is None:
            self._inputs = [tensor.clone() for tensor in inputs]
            try:
                self._replay = recorder.record(lambda: self._function(*self._inputs))
            except RuntimeError as error:
                self._recorder, self._inputs = None, []
                reason = str(find_cause(error)).strip().partition("\n")[0]
                log.warning("The %s runs eagerly: it cannot be captured (%s).", self._name, reason)
                self._function(*inputs)
                return
        for own, tensor in zip(self._inputs, inputs, strict=True):
            own.copy_(tensor)
        self._replay()


def find_cause(error: BaseException) -> BaseException:
    """Return the first error of a chain; the last says only that a recording was broken."""
    while error.__context__ is not None:
        error = error.__context__
    return error


def describe_run(*steps: CapturedStep, device: torch.device | str, layout: str) -> dict[str, str]:
    """Return how steps ran, for a record: mode, memory layout of images, precision."""
    device = torch.device(device)
    is_captured = any(step.is_captured for step in steps)
    return {
        "steps": "captured" if is_captured else "eager",
        "layout": layout,
        "precision": describe_precision(device),
    }


def describe_precision(device: torch.device) -> str:
    """Return the precision of convolutions and products of matrices, as PyTorch is set now."""
    if device.type != "cuda":
        return "fp32"
    convolutions = "tf32" if torch.backends.cudnn.allow_tf32 else "fp32"
    products = "tf32" if torch.backends.cuda.matmul.allow_tf32 else "fp32"
    return products if products == convolutions else f"{convolutions} convolutions, {products}"
