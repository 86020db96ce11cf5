"""Kernels that do not wait for each other on streams of their own, while a graph is captured.

Eagerly they are launched one after another in any case, and streams would only add launches.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TypeVar

import torch
from torch import Tensor

STREAMS = 8

One = TypeVar("One")
Other = TypeVar("Other")


def run_side_by_side(
    tasks: Sequence[Callable[[], One]],
    others: Sequence[Callable[[], Other]],
    shared: Sequence[Tensor],
) -> tuple[list[One], list[Other]]:
    """Return what tasks of two kinds return.

    Args:
        tasks: Take their turns on the streams.
        others: Run on the stream that this was called on.
        shared: Tensors of that stream which ``tasks`` read, now and in the backward pass.
    """
    if not tasks or not STREAMS or not _is_capturing(shared[0].device):
        return [task() for task in tasks], [task() for task in others]
    here = torch.cuda.current_stream(shared[0].device)
    streams = _make_streams(shared[0].device, min(STREAMS, len(tasks)))
    for stream in streams:
        stream.wait_stream(here)
        for tensor in shared:  # so that its memory outlives its readers in the backward pass
            tensor.record_stream(stream)
    found: list[One] = []
    for index, task in enumerate(tasks):
        with torch.cuda.stream(streams[index % len(streams)]):
            found.append(task())
    rest = [task() for task in others]
    for stream in streams:
        here.wait_stream(stream)
    return found, rest


def _is_capturing(device: torch.device) -> bool:
    return device.type == "cuda" and torch.cuda.is_current_stream_capturing()


@functools.cache
def _make_streams(device: torch.device, count: int) -> list[torch.cuda.Stream]:
    return [torch.cuda.Stream(device) for _ in range(count)]
