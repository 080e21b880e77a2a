"""How weights are kept small: in half precision, and large ones in a byte a number."""

import torch
from torch import Tensor

State = dict[str, Tensor]
LARGE = 50_000  # numbers in a tensor, from which on bytes are worth the trouble
STEP = ".step"  # a tensor of this name beside it says what one step of its bytes stands for
MOST = 127


def in_half(weights: State) -> State:
    """Floating-point tensors as float16, others as they are."""
    return {name: w.half() if w.is_floating_point() else w for name, w in weights.items()}


def in_bytes(weights: State) -> State:
    """As in_half, but tensors of over LARGE numbers as int8 with a float16 step for each row."""
    packed: State = {}
    for name, tensor in in_half(weights).items():
        if tensor.numel() <= LARGE or not tensor.is_floating_point():
            packed[name] = tensor
            continue
        rows = weights[name].float()
        step = (rows.flatten(1).abs().amax(1) / MOST).clamp(min=1e-7).half()
        spread = step.float().view(-1, *[1] * (rows.dim() - 1))
        packed[name] = (rows / spread).round().clamp(-MOST, MOST).char()
        packed[name + STEP] = step
    return packed


def unpacked(state: State) -> State:
    """Weights of any precision in single precision, and what was in bytes as numbers again.

    Raises KeyError for bytes without steps, or steps without bytes."""
    in_steps = [name for name, tensor in state.items() if tensor.dtype == torch.int8]
    if any(name + STEP not in state for name in in_steps):
        raise KeyError("in bytes whose steps are missing")
    steps = {name.removesuffix(STEP): step for name, step in state.items() if name.endswith(STEP)}
    whole = {name: tensor.float() for name, tensor in state.items() if not name.endswith(STEP)}
    for name, step in steps.items():
        rows = whole[name]
        whole[name] = rows * step.float().view(-1, *[1] * (rows.dim() - 1))
    return whole
