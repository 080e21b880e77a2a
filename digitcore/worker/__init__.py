"""Trains one run in a process of its own: `python -m digitcore.worker`, see __main__.py."""

from digitcore.worker.follow import NOTHING_YET, ROWS, in_words, work

__all__ = ["NOTHING_YET", "ROWS", "in_words", "work"]
