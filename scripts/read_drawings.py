"""How well drawings are read over REST: `python -m scripts.read_drawings FILE.npz`.

FILE holds `images`, uint8 (N, H, W) with 0 background to 255 ink, and `labels` (N,). Each is sent
to POST /predict of a server started for it, as it is and inverted, at half its size and moved to a
corner. Prints accuracy with its 95 % interval, and which were misread.
"""

import argparse
import io
import json
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError

import numpy as np
from PIL import Image
from tqdm import tqdm

from digitcore.evaluation import wilson
from tests.server import running


def shrunk(image: np.ndarray) -> np.ndarray:
    """At half its size, in the middle of the same canvas."""
    height, width = image.shape
    small = np.asarray(Image.fromarray(image).reduce(2))
    rows, columns = small.shape
    top, left = (height - rows) // 2, (width - columns) // 2
    whole = np.zeros_like(image)
    whole[top : top + rows, left : left + columns] = small
    return whole


def cornered(image: np.ndarray) -> np.ndarray:
    """Moved as it is to the top left corner, two pixels from the edges."""
    rows, columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
    return np.roll(image, (2 - rows[0], 2 - columns[0]), axis=(0, 1))


VARIANTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "as drawn": lambda image: image,
    "inverted": lambda image: 255 - image,
    "half size": shrunk,
    "in a corner": cornered,
}


def answer(address: str, image: np.ndarray, models: str) -> int | None:
    """What the server reads, or None where it refuses."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG", compress_level=1)
    request = urllib.request.Request(
        f"{address}/predict?models={models}", data=file.getvalue(), method="POST"
    )
    try:
        with urllib.request.urlopen(request) as response:
            return int(json.load(response)["prediction"])
    except HTTPError as refusal:
        if refusal.code != 400:
            raise
        return None


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--models", default="", help="as in ?models=; the default ensemble without")
    parser.add_argument("--only", choices=VARIANTS, help="one variant instead of all")
    arguments = parser.parse_args()
    with np.load(arguments.file, allow_pickle=False) as data:
        images, labels = data["images"], data["labels"]
    with running() as address:
        for name, change in VARIANTS.items():
            if arguments.only not in (None, name):
                continue
            answers = [
                answer(address, change(image), arguments.models)
                for image in tqdm(images, name, ascii=True, mininterval=5)
            ]
            right = [a == label for a, label in zip(answers, labels, strict=True)]
            rate = wilson(sum(right), len(right))
            print(f"{name}: {rate.value:.1%} ({rate.low:.1%} to {rate.high:.1%}, n = {rate.n})")
            misread = [
                f"#{i} {labels[i]}->{'refused' if a is None else a}"
                for i, a in enumerate(answers)
                if not right[i]
            ]
            print("  " + ", ".join(misread), flush=True)


if __name__ == "__main__":
    main()
