"""A network goes through many images in a process of its own, for their features.

python -m digitcore.exploration.reading RUN     images, 784 bytes each, come on standard input;
                    features go to standard output: their count D as int64, then float32 (N, D)

Of its own, with one thread and at low priority: in a thread of the server it would hold up each
page, and it read 300 digits a second where this reads thousands, once the cores had other work.
"""

import os
import sys
import threading
import time
from pathlib import Path
from subprocess import PIPE, Popen

import numpy as np
import torch
from torch import Tensor

from digitcore.evaluation import Floats
from digitcore.exploration.features import feature_parts
from digitcore.folder import RunDamaged
from digitcore.runs import Run

ROOT = Path(__file__).resolve().parent.parent.parent
NICE = 5  # somebody waits for it, but whoever waits for a page goes first
SIDE = 28


class ReadingFailed(RuntimeError):
    """The process ended before it was through; the message says what it said last."""


class Reading:
    """The features of uint8 (N, 28, 28) images by the network of the run in a folder.

    Goes on whoever looks, until it is through, stopped or has failed; `found`, float32 (N, D), is
    None until then. done: images so far. Raises OSError where no process can be started.
    """

    def __init__(self, run: Path, images: Tensor) -> None:
        self.of, self.done = len(images), 0
        self.found: Floats | None = None
        self.failure: ReadingFailed | None = None
        self._began = time.perf_counter()
        self._stopped = False
        self._process = Popen(
            [sys.executable, "-m", "digitcore.exploration.reading", str(run.resolve())], cwd=ROOT,
            stdin=PIPE, stdout=PIPE, stderr=PIPE, env={**os.environ, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        self._thread = threading.Thread(
            target=self._gather, args=(images,), name="reading", daemon=True
        )
        self._thread.start()

    @property
    def number(self) -> int:
        """Of the process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    @property
    def rate(self) -> float:
        """Images a second since the first; 0 before."""
        return self.done / max(time.perf_counter() - self._began, 1e-9)

    @property
    def seconds_left(self) -> float | None:
        return (self.of - self.done) / self.rate if self.done else None

    def stop(self) -> None:
        """End it now."""
        self._stopped = True
        self._process.kill()
        self._thread.join()

    def _gather(self, images: Tensor) -> None:
        try:
            found = self._receive(images)
        except (OSError, ValueError, MemoryError):  # it is not there any more: why, it said last
            found = None
            self._process.kill()  # or there is no room for what it would still say
        said = self._process.communicate()[1].decode("utf-8", "replace").strip().splitlines()
        if found is not None:
            self.found = found
        elif not self._stopped:
            self.failure = ReadingFailed(said[-1] if said else "The process was ended.")

    def _receive(self, images: Tensor) -> Floats:
        """Into one array from the start, so that nothing is there twice."""
        sent, got = self._process.stdin, self._process.stdout
        assert sent and got  # pipes
        sent.write(images.numpy().tobytes())
        sent.close()
        self._process.stdin = None  # communicate would write to it
        width = int.from_bytes(got.read(8), sys.byteorder)
        if not width:
            raise ValueError("it ended before the first")
        found = np.empty((self.of, width), dtype=np.float32)
        room = found.data.cast("B")
        filled = 0
        self._began = time.perf_counter()
        while filled < len(room):
            count = got.readinto1(room[filled : filled + 2**16])  # type: ignore[attr-defined]
            if not count:
                raise ValueError("it ended early")
            filled += count
            self.done = filled // (4 * width)
        return found


def main() -> None:
    os.nice(NICE)
    torch.set_num_threads(1)
    images = np.frombuffer(bytearray(sys.stdin.buffer.read()), dtype=np.uint8)
    try:
        network = Run(Path(sys.argv[1])).network()
    except RunDamaged as damage:
        sys.exit(str(damage))
    out = sys.stdout.buffer
    for at, part in enumerate(
        feature_parts(network, torch.from_numpy(images.reshape(-1, SIDE, SIDE)))
    ):
        if at == 0:
            out.write(np.int64(part.shape[1]).tobytes())
        out.write(part.tobytes())
        out.flush()


if __name__ == "__main__":
    main()
