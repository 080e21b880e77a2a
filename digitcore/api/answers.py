"""What a caller gets: one answer or refusal for each picture."""

from collections.abc import Sequence
from typing import Any, Literal

from fastapi import HTTPException
from pydantic import BaseModel

from digitcore import ink
from digitcore.api.sent import Sent
from digitcore.members import Members, UnknownModel
from digitcore.runs import Ensemble
from digitcore.verdict import Certainty, Verdict

MAX_PIXELS = 2 * ink.MAX_PIXELS  # in one request, by the headers of its images

Answer = dict[str, Any]


class Refusal(BaseModel):
    """What a caller gets instead of an answer."""

    status: Literal["error"]
    error: str


class MemberAnswer(BaseModel):
    """One model's answer; probabilities of the digits 0 to 9."""

    prediction: int
    probabilities: list[float]


class OneAnswer(BaseModel):
    """The answer to one image; confidence is the probability of the prediction.

    certainty: 'unsure' where it could well be another digit or two of them, 'no digit' where the
    picture does not look like one; resemblance: what the two likeliest digits have together, and
    least_resemblance what all but 0.5 % of held-out digits have.
    """

    prediction: int
    confidence: float
    status: Literal["success"]
    probabilities: list[float]
    models: dict[str, MemberAnswer]
    certainty: Certainty
    resemblance: float
    least_resemblance: float


class SeveralAnswers(BaseModel):
    """The answers to several images, in their order."""

    status: Literal["success"]
    predictions: list[OneAnswer | Refusal]


def respond(
    members: Members, names: Sequence[str], pictures: Sequence[Sent], several: bool
) -> Answer:
    """The body of the response. Raises HTTPException: 400 for a lone picture that cannot be read,
    422 for an unknown model, 503 where there is none.

    names: of models or ensembles; none for the default ensemble.
    """
    if not members.names():
        raise HTTPException(503, "No model has been trained yet.")
    try:
        ensemble = members.choose(names)
    except UnknownModel as error:
        raise HTTPException(422, str(error)) from error
    answers = _answers(members, ensemble, pictures)
    if several:
        return {"status": "success", "predictions": answers}
    if answers[0]["status"] == "error":
        raise HTTPException(400, answers[0]["error"])
    return answers[0]


def _answers(members: Members, ensemble: Ensemble, pictures: Sequence[Sent]) -> list[Answer]:
    """One answer or error for each picture, in their order; all are predicted in one batch."""
    read = _within_budget(pictures)
    seen = [result for result in read if isinstance(result, ink.Ink)]
    if not seen:
        return [_error(result) for result in read]  # type: ignore[arg-type]
    found = iter(members.read(ensemble, seen))
    return [
        _answer(next(found)) if isinstance(result, ink.Ink) else _error(result) for result in read
    ]


def _within_budget(pictures: Sequence[Sent]) -> list[ink.Ink | ValueError]:
    """Each picture read, until a request's pixels are used up: small files can hold large ones."""
    if len(pictures) == 1:
        return [_read(pictures[0])]
    read: list[ink.Ink | ValueError] = []
    pixels = 0
    for picture in pictures:
        pixels += ink.count_pixels(picture) if isinstance(picture, bytes) else 0
        if pixels > MAX_PIXELS:
            read.append(ink.BadPicture("Too many pixels in one request: send this image alone."))
        else:
            read.append(_read(picture))
    return read


def _read(picture: Sent) -> ink.Ink | ValueError:
    if isinstance(picture, ink.BadPicture):
        return picture
    try:
        return ink.read_file(picture)
    except (ink.BadPicture, ink.NoInk) as error:
        return error


def _answer(found: Verdict) -> Answer:
    """As a caller gets it."""
    return {
        "prediction": found.digit,
        "confidence": _rounded(found.probability),
        "status": "success",
        "probabilities": [_rounded(p) for p in found.probabilities],
        "models": {
            name: {"prediction": int(row.argmax()), "probabilities": [_rounded(p) for p in row]}
            for name, row in found.by_member.items()
        },
        "certainty": found.certainty,
        "resemblance": _rounded(found.resemblance),
        "least_resemblance": _rounded(found.threshold),
    }


def _error(error: ValueError) -> Answer:
    return {"status": "error", "error": str(error)}


def _rounded(probability: float) -> float:
    return round(float(probability), 6)
