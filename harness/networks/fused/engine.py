"""What autograd's engine asks of a backward pass that is written by hand."""

from __future__ import annotations

from typing import Any

import torch


def is_wanted(ctx: Any, index: int) -> bool:
    """Tell whether this backward pass asks for the gradient of an input.

    ``needs_input_grad`` only says that some pass may. A step on the gates does not ask for the
    gradients of the weights, which are half of the work. The engine does not tell of leaves, whose
    gradients are taken to be wanted: hand the function a view of them.

    Args:
        ctx: Of the function.
        index: Of the input, among those that are tensors.
    """
    node = ctx.next_functions[index][0]
    if node is None or hasattr(node, "variable"):
        return node is not None
    is_executed = getattr(torch._C, "_will_engine_execute_node", None)
    return is_executed is None or bool(is_executed(node))
