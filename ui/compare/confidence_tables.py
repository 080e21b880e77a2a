"""The Confidence view in tables and words, for the page and for the report alike."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from digitcore.comparison.abstention import abstain, promise, risk_area
from digitcore.comparison.calibration import BINS, Reliability, Tempered
from digitcore.evaluation import Predictions, Rate
from digitcore.own.answers import OwnPart
from ui.compare.part import TEST, VALIDATION
from ui.compare.seen import Seen

ROUNDING = 1e-6  # of sums in single precision: of few digits luck brings the very same error
PERCENT = st.column_config.NumberColumn(format="%.2f %%")
NATS = st.column_config.NumberColumn(format="%.4f")
COLUMNS = {
    "Model": st.column_config.TextColumn(pinned=True),
    **dict.fromkeys(
        ("Right", "Wrong", "Answered", "95 % from", "to", "Mean confidence", "Calibration error",
         "by luck up to", "Calibration error before", "and after"), PERCENT),
    "Log-loss before": NATS,
    "after": NATS,
    "Temperature": st.column_config.NumberColumn(format="%.3f"),
    "Answers from": st.column_config.NumberColumn(format="%.5g"),
    "AURC": st.column_config.NumberColumn(
        format="%.2e",
        help="Area under the risk-coverage curve: the share of errors among the answered, averaged "
        "over all thresholds. It is the less the better, whatever the slider says.",
    ),
}  # fmt: skip


def _percent(what: str, rate: Rate | None) -> dict:
    """A share with its interval in percent, nothing where there is none."""
    shares = (rate.value, rate.low, rate.high) if rate else ()
    names = (what, "95 % from", "to")
    return dict.fromkeys(names) | dict(zip(names, (100 * share for share in shares), strict=False))


def trust_table(found: Mapping[str, Reliability], luck: Mapping[str, float]) -> pd.DataFrame:
    """What each model claims and what it reaches; luck: the error that luck alone explains."""
    return pd.DataFrame([
        {
            "Model": name,
            "On average": one.verdict,
            "Bin by bin": "off beyond luck" if one.error > luck[name] + ROUNDING else "within luck",
            "Mean confidence": 100 * one.claimed,
            **_percent("Right", one.reached),
            "Calibration error": 100 * one.error,
            "by luck up to": 100 * luck[name],
            "Digits": one.n,
        }
        for name, one in found.items()
    ])  # fmt: skip


def trust_words(seen: Seen, by: str) -> str:
    """What is shown, of how many digits, and what it hides."""
    last = (
        "Nearly all answers of a good model fall in the last bin: bins of equal count look into it."
        if by == "equal width"
        else "Equally sure digits share a bin, so that bins are only nearly of equal count."
    )
    return (
        "Confidence can be trusted where it comes true: of all answers that are 90 % sure, 90 % "
        f"are right. Here the {seen.where} lie in up to {BINS} bins of {by}. The calibration error "
        "is the mean gap between confidence and accuracy over these bins, by their counts; even if "
        "each confidence were exactly true, luck alone would bring up to what stands beside it, in "
        f"95 of 100 cases. {last}"
    )


def abstention_words(seen: Seen, threshold: float) -> list[str]:
    """The same in a sentence for each model, which a phone can show without scrolling sideways."""
    return [f"{name}: {abstain(of, threshold).words}" for name, of in seen.predictions.items()]


def abstention_table(seen: Seen, threshold: float) -> pd.DataFrame:
    """What each model does that answers from this confidence on."""
    found = {name: abstain(answers, threshold) for name, answers in seen.predictions.items()}
    return pd.DataFrame([
        {
            "Model": name,
            "Answered": 100 * one.coverage,
            "Errors": one.errors,
            "Left to a person": one.left,
            "of which wrong": one.caught,
            **_percent("Right", one.accuracy),
            "AURC": risk_area(seen.predictions[name]),
        }
        for name, one in found.items()
    ])  # fmt: skip


def promise_table(seen: Seen, validation: Mapping[str, Predictions], rate: float) -> pd.DataFrame:
    """The threshold that keeps errors under a rate on validation digits, and what it does here."""
    return pd.DataFrame([
        _promised(name, seen.predictions[name], held_out, rate)
        for name, held_out in validation.items()
    ])  # fmt: skip


def _promised(name: str, shown: Predictions, validation: Predictions, rate: float) -> dict:
    one = promise(shown, validation, rate)
    there, here = one.validation, one.shown
    return {
        "Model": name,
        "Here it is": one.verdict,
        "Answers from": here.threshold if here else None,
        "On validation": f"{there.errors:,} wrong of {there.answered:,}" if there else "",
        "Here": f"{here.errors:,} wrong of {here.answered:,}" if here else "",
        **_percent("Wrong", here.error_rate if here else None),
        "Left to a person": here.left if here else None,
    }


def temperature_table(results: Mapping[str, Tempered]) -> pd.DataFrame:
    """Each model's temperature, and what it does."""
    return pd.DataFrame([
        {
            "Model": name,
            "Temperature": one.temperature,
            "Confidence is": _tempering(one.temperature),
            "Log-loss before": one.log_loss[0],
            "after": one.log_loss[1],
            "Calibration error before": 100 * one.calibration_error[0],
            "and after": 100 * one.calibration_error[1],
            **_percent("Right", one.accuracy),
            "Digits": one.accuracy.n,
        }
        for name, one in results.items()
    ])  # fmt: skip


def _tempering(temperature: float) -> str:
    if round(temperature, 2) == 1:
        return "left as it is"
    return "softened" if temperature > 1 else "sharpened"


def validation_words(seen: Seen, verb: str) -> str:
    """What was chosen on which digits, and what that is worth here."""
    if seen.part == VALIDATION:
        return (
            f"{verb} on the very validation digits that are shown, so what it gains here is no "
            "test: look at the test digits for that."
        )
    words = (
        f"{verb} on the 5,000 validation digits, which no model learned from, and tried on the "
        f"{seen.where}. Each model's best epoch was chosen on validation digits too, so they "
        "flatter it slightly."
    )
    if isinstance(seen.part, OwnPart):
        words += f" They are MNIST's: what holds there need not hold for {seen.part.name}."
    elif seen.part != TEST:
        words += " They are not spoilt as the digits here are: what holds there need not hold here."
    return words
