"""Ways to compute what a trained network answers: side by side, and chosen by measurement.

An engine is a function that makes a reader of a network: uint8 (N, 28, 28) images -> float32
(N, 10) logits. 'torch' is the reference: stored predictions and explanations are its. Measured by
`python -m scripts.bench_inference`.
"""

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from logging import getLogger
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from digitcore.digits import held_out, load_mnist, split
from digitcore.evaluation import Floats, as_input, predict_logits

Reader = Callable[[Tensor], Tensor]
Engine = Callable[[nn.Sequential], Reader]
Times = dict[str, tuple[float, float]]  # seconds for one image, and for MANY
ENGINES: dict[str, Engine] = {}

REFERENCE = "torch"
# Beside the reference. Those in lower precision alone read the held-out digits as well, but move
# single probabilities by up to 0.07: the answer to a drawing would no longer be the one that is
# stored, explained and calibrated.
AT_START = ("folded", "onnx", "mixed")
ON_ONE_THREAD = ("onnx", "int8", "mixed")  # several run side by side; torch spreads by itself
TOLERANCE = 1e-4  # probabilities may be so far from the reference's
SURE = 0.9999  # probability from which 8 bits move no answer of the shipped networks by TOLERANCE
MANY = 32  # images at once: their activations fit into the CPU's caches
CHECKED = 64  # held-out digits on which an engine must agree with the reference
ROUNDS = 5  # of which the fastest counts: whatever else runs here only ever slows down
PATIENCE = 0.5  # seconds after which no other round begins, as on a busy machine
CALIBRATION = 256  # training digits that say how large the numbers between layers become

THREADS = torch.get_num_threads()
_THREADS = ThreadPoolExecutor(THREADS, "reading")
_measured: dict[tuple[str, tuple[str, ...]], Times] = {}  # by architecture and engines


def engine(name: str) -> Callable[[Engine], Engine]:
    """Enter an engine in the registry under a name."""

    def enter(make: Engine) -> Engine:
        ENGINES[name] = make
        return make

    return enter


@engine(REFERENCE)
def as_trained(network: nn.Sequential) -> Reader:
    """The network as it is, in float32, channels last."""
    return partial(predict_logits, network)


@engine("folded")
def folded(network: nn.Sequential) -> Reader:
    """Batch norm folded into the convolution before it; dropout gone."""
    return partial(predict_logits, fold(network))


@engine("bfloat16")
def in_bfloat16(network: nn.Sequential) -> Reader:
    """The folded network in bfloat16: half the bytes, and twice the speed on a CPU that has it."""
    small = fold(network).bfloat16()

    def reader(images: Tensor) -> Tensor:
        with torch.inference_mode():
            parts = [small(as_input(part).bfloat16()) for part in images.split(MANY)]
        return torch.cat(parts).float()

    return reader


@engine("onnx")
def in_onnx(network: nn.Sequential) -> Reader:
    """The folded network in ONNX Runtime, float32, on the thread that asks."""
    return _in_onnx_runtime(exported(network))


@engine("int8")
def in_int8(network: nn.Sequential) -> Reader:
    """The folded network in ONNX Runtime in whole numbers, their scales by training digits.

    Weights by channel, activations by layer: Jacob et al. (2018), arXiv 1712.05877.
    """
    return _in_onnx_runtime(quantized(exported(network)))


@engine("mixed")
def in_mixed(network: nn.Sequential) -> Reader:
    """In 8 bits; what these are not all but certain of, once more in float32.

    Most digits are plain: where one probability is nearly 1, rounding can move none by much.
    """
    content = exported(network)
    exact, quick = _in_onnx_runtime(content), _in_onnx_runtime(quantized(content))

    def reader(images: Tensor) -> Tensor:
        logits = quick(images)
        unsure = logits.softmax(1).amax(1) < SURE
        if unsure.any():
            logits[unsure] = exact(images[unsure])
        return logits

    return reader


def fold(network: nn.Sequential) -> nn.Sequential:
    """A copy, in eval mode, without batch norm and dropout that answers the same."""
    copy = _fold(deepcopy(network).eval())
    return copy.eval().to(memory_format=torch.channels_last)


def _fold(network: nn.Sequential) -> nn.Sequential:
    layers: list[nn.Module] = []
    for layer in network:
        if isinstance(layer, nn.BatchNorm2d) and layers and isinstance(layers[-1], nn.Conv2d):
            layers[-1] = fuse_conv_bn_eval(layers[-1], layer)
        elif isinstance(layer, nn.Sequential):  # a residual block, too
            layers.append(_fold(layer))
        elif not isinstance(layer, nn.Dropout):
            layers.append(layer)
    return type(network)(*layers)


def exported(network: nn.Sequential) -> bytes:
    """The folded network as an ONNX file. Raises ImportError where ONNX is missing."""
    from digitcore import export  # not before it is asked for: ONNX may be missing

    return export.exported(fold(network))


def _in_onnx_runtime(content: bytes) -> Reader:
    from digitcore import export

    session = export.session(content)

    def reader(images: Tensor) -> Tensor:
        logits = [export.answers(session, part) for part in images.split(MANY)]
        return torch.from_numpy(np.concatenate(logits))

    return reader


def quantized(content: bytes) -> bytes:
    """An exported network in 8 bits, calibrated on training digits that no recipe holds out.

    What comes before the first layer that learns stays as it is: deslanting computes places, which
    8 bits cannot tell apart.
    """
    from onnx import load_from_string
    from onnxruntime.quantization import quant_utils, quantize_static

    model = load_from_string(content)
    quant_utils.add_pre_process_metadata(model)  # folded already: it need not advise just that
    before = takewhile(lambda node: node.op_type not in ("Conv", "Gemm"), model.graph.node)
    kept = [node.name for node in before]
    images = split(load_mnist(train=True))[0].images[:CALIBRATION]
    batches = iter([{"image": as_input(part).numpy()} for part in images.split(MANY)])
    digits = SimpleNamespace(get_next=lambda: next(batches, None))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "int8.onnx"
        quantize_static(model, file, digits, per_channel=True, nodes_to_exclude=kept)
        return file.read_bytes()


@dataclass(frozen=True)
class Chosen:
    """A network's fastest engines that agree with the reference, by name; itself a reader."""

    one: str
    many: str
    readers: Mapping[str, Reader]
    times: Mapping[str, tuple[float, float]]

    @property
    def spreads(self) -> bool:
        """Whether many images can be read by several threads side by side."""
        return self.many in ON_ONE_THREAD

    def __call__(self, images: Tensor) -> Tensor:
        return self.readers[self.one if len(images) == 1 else self.many](images)


def choose(
    network: nn.Sequential, names: Sequence[str] = AT_START, tolerance: float = TOLERANCE
) -> Chosen:
    """The fastest engines for one image and for many, of those that answer as the reference does.

    names: of engines beside the reference, which is always there; what fails here, as where ONNX
    Runtime is missing, is left out. Takes about a second, and less for an architecture that
    was measured before. Raises DataDamaged.
    """
    images = held_out().images[:CHECKED]
    readers = {REFERENCE: ENGINES[REFERENCE](network)}
    expected = readers[REFERENCE](images).softmax(1)
    for name in names:
        try:
            reader = ENGINES[name](network)
            if _agrees(reader, images, expected, tolerance):
                readers[name] = reader
        except Exception:  # whatever it is that an engine cannot do, the reference can
            getLogger(__name__).info("The engine %s is left out.", name, exc_info=True)
    times = _times(str(network), readers, images[:MANY])
    one, many = (min(readers, key=lambda name, i=i: times[name][i]) for i in (0, 1))  # type: ignore[misc]
    return Chosen(one, many, {name: readers[name] for name in (one, many)}, times)


def _agrees(reader: Reader, images: Tensor, expected: Tensor, tolerance: float) -> bool:
    """Whether a reader gives these probabilities, (N, 10), to many images and to one alone."""
    for some in (images, images[:1]):
        apart = (reader(some).softmax(1) - expected[: len(some)]).abs().max()
        if not apart <= tolerance:  # NaN is not either
            return False
    return True


def _times(architecture: str, readers: Mapping[str, Reader], images: Tensor) -> Times:
    """Seconds of each reader, measured in turn, once for all networks of an architecture."""
    key = architecture, tuple(readers)
    if key not in _measured:
        _measured[key] = _measure(readers, images)
    return _measured[key]


def _measure(readers: Mapping[str, Reader], images: Tensor) -> Times:
    rounds: list[Times] = []
    began = time.perf_counter()
    while not rounds or (len(rounds) < ROUNDS and time.perf_counter() - began < PATIENCE):
        rounds.append(
            {
                name: (_time(read, images[:1]), _time_of_many(name, read, images))
                for name, read in readers.items()
            }
        )
    return {
        name: (min(taken[name][0] for taken in rounds), min(taken[name][1] for taken in rounds))
        for name in readers
    }


def _time(reader: Reader, images: Tensor) -> float:
    began = time.perf_counter()
    reader(images)
    return time.perf_counter() - began


def _time_of_many(name: str, reader: Reader, images: Tensor) -> float:
    """As read() asks it: seconds on all threads, for as many images."""
    if name not in ON_ONE_THREAD:
        return _time(reader, images)
    began = time.perf_counter()
    list(_THREADS.map(reader, [images] * THREADS))
    return (time.perf_counter() - began) / THREADS


def read(readers: Sequence[Reader], images: Tensor) -> Floats:
    """(M, N, 10) probabilities of M networks' readers for uint8 (N, 28, 28) images.

    One network after the other. One image, or few, on the thread that asks: to hand it to others
    costs as much as it saves where a network takes 0.2 ms. More than MANY on as many threads as
    torch may use: by as many calls of a reader side by side, or by torch's own.
    """
    parts = images.split(MANY)
    logits = [_logits(reader, parts) for reader in readers]
    return torch.stack(logits).softmax(2).numpy()


def _logits(reader: Reader, parts: Sequence[Tensor]) -> Tensor:
    spreads = isinstance(reader, Chosen) and reader.spreads and len(parts) > 1
    across = _THREADS.map if spreads else map
    return torch.cat(list(across(reader, parts)))
