"""What stands under a digit."""

import pandas as pd

from digitcore.exploration.catalogue import OWN, TEST, TRAINING, VALIDATION, Catalogue

SHORT = {TRAINING: "Train", VALIDATION: "Train", TEST: "Test", OWN: "No."}


def caption(catalogue: Catalogue, place: int, table: pd.DataFrame | None = None) -> str:
    """Which digit it is, its label, and what it is read as: by networks that have not learned from
    it, or as another `table` says, whose index holds the places."""
    row = (catalogue.table if table is None else table).loc[place]
    which = f"{SHORT[row['split']]} {row['number']:,}"
    if row["right"]:
        return f"{which}\n{row['label']} ✔"
    return f"{which}\n{row['label']}, read as {row['answer']} ✖"
