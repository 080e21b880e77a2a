"""Handwritten digits: data, ink, networks, training, evaluation. Knows nothing of Streamlit."""

import os

# Large tensors on large pages of memory, as torch offers it on Linux: a training step takes a
# tenth less. Read by torch at its first allocation; a user's own setting is kept.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
