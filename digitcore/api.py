"""The REST routes: the same road from a picture to an answer as on the Draw page.

A FastAPI app that Home.py hangs into Streamlit's own server. Errors are
`{"status": "error", "error": "..."}` with 400 (no picture or no ink), 405, 413, 422, or 503 where
a model is damaged or none is there.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any, Literal

import numpy as np
from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi_offline import FastAPIOffline
from pydantic import BaseModel, Field, ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digitcore import ink
from digitcore.digits import DataDamaged
from digitcore.folder import RunDamaged
from digitcore.members import Members, UnknownModel
from digitcore.runs import Ensemble
from digitcore.verdict import Certainty, verdict

MAX_BODY = ink.MAX_BYTES
MAX_IMAGES = 256  # in one request
MAX_PIXELS = 2 * ink.MAX_PIXELS  # in one request, by the headers of its images
AT_ONCE = 2  # requests that are computed; others wait, and pages keep their own threads
PATHS = ("/health", "/predict")
REFUSALS = (400, 405, 413, 422, 503)

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

    certainty: 'unsure' where it could well be another digit, 'no digit' where the picture does not
    look like one; resemblance: what the two likeliest digits have together, and least_resemblance
    what all but 0.5 % of held-out digits have.
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


class JsonBody(BaseModel):
    """The JSON form of a request: base64 text or a data URL, one or a list of them."""

    model_config = {"extra": "forbid"}
    image: str | Annotated[list[str], Field(min_length=1, max_length=MAX_IMAGES)]


_PICTURE = {"type": "string", "format": "binary"}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["image"],
                    "properties": {"image": {"type": "array", "items": _PICTURE}},
                }
            },
            "application/json": {"schema": JsonBody.model_json_schema()},
            "image/*": {"schema": _PICTURE},
        },
    }
}


def create_api(members: Callable[[], Members]) -> FastAPI:
    """The REST app. `members` is called at each request, so that a page and REST share one."""
    api = FastAPIOffline(
        title="Handwritten digits",
        description="Send a picture of a digit, get what every network thinks of it.",
        version="1.0.0",
        redoc_url=None,
    )
    api.add_middleware(BodyLimit)
    for error in (StarletteHTTPException, RequestValidationError, RunDamaged, DataDamaged):
        api.add_exception_handler(error, _say_error)

    @api.get("/health", summary="Which models and ensembles answer")
    def health() -> dict[str, Any]:
        known = members()
        ensembles = list(known.store.ensembles())
        return {"status": "ok", "models": known.names(), "ensembles": ensembles}

    at_once = CapacityLimiter(AT_ONCE)

    @api.post(
        "/predict",
        summary="Read one digit or many",
        response_model=OneAnswer | SeveralAnswers,
        responses={code: {"model": Refusal} for code in REFUSALS},
        openapi_extra=_BODY,
    )
    async def predict(
        request: Request,
        models: Annotated[
            str | None, Query(description="Models or ensembles, separated by commas.")
        ] = None,
    ) -> dict[str, Any]:
        pictures, several = await _pictures(request)
        work = partial(_respond, members(), models, pictures, several)
        return await to_thread.run_sync(work, limiter=at_once)

    return api


class BodyLimit:
    """Refuse a body over MAX_BODY bytes with 413, before it is all in memory."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > MAX_BODY:
                raise HTTPException(413, f"Send at most {MAX_BODY // 2**20} MB.")
            return message

        await self.app(scope, counted, send)


async def _pictures(request: Request) -> tuple[list[bytes | ink.BadPicture], bool]:
    """The picture files of a request, and whether the caller sent several."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == "multipart/form-data":
        async with request.form(max_fields=16) as form:
            sent = [part for part in form.getlist("image") if isinstance(part, UploadFile)]
            files: list[bytes | ink.BadPicture] = [await part.read() for part in sent]
        if not files:
            raise HTTPException(422, "Send the picture as a file in the form field 'image'.")
        if len(files) > MAX_IMAGES:
            raise HTTPException(422, f"Send at most {MAX_IMAGES} images in one request.")
        return files, len(files) > 1
    body = await request.body()
    if kind == "application/json":
        image = _validated(body).image
        texts = [image] if isinstance(image, str) else image
        return [_from_base64(text) for text in texts], not isinstance(image, str)
    return [body], False


def _validated(body: bytes) -> JsonBody:
    try:
        return JsonBody.model_validate_json(body)
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from error


def _from_base64(text: str) -> bytes | ink.BadPicture:
    """Bytes of base64 text or of a data URL; what is wrong with it otherwise."""
    encoded = text.partition(",")[2] if text.startswith("data:") else text
    try:
        return base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        return ink.BadPicture("The image is not valid base64 text.")


def _respond(
    members: Members, models: str | None, pictures: Sequence[bytes | ink.BadPicture], several: bool
) -> Answer:
    if not members.names():
        raise HTTPException(503, "No model has been trained yet.")
    names = [name.strip() for name in (models or "").split(",") if name.strip()]
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


def _answers(
    members: Members, ensemble: Ensemble, pictures: Sequence[bytes | ink.BadPicture]
) -> list[Answer]:
    """One answer or error for each picture, in their order; all are predicted in one batch."""
    read = _within_budget(pictures)
    images = [result.image for result in read if isinstance(result, ink.Ink)]
    if not images:
        return [_error(result) for result in read]  # type: ignore[arg-type]
    together, each = members.answer(ensemble, np.stack(images))
    threshold = members.threshold(ensemble)
    answered = iter(range(len(images)))
    return [
        _error(result)
        if not isinstance(result, ink.Ink)
        else _answer(ensemble, together[(i := next(answered))], each[:, i], threshold)
        for result in read
    ]


def _within_budget(pictures: Sequence[bytes | ink.BadPicture]) -> list[ink.Ink | ValueError]:
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


def _read(picture: bytes | ink.BadPicture) -> ink.Ink | ValueError:
    if isinstance(picture, ink.BadPicture):
        return picture
    try:
        return ink.read_file(picture)
    except (ink.BadPicture, ink.NoInk) as error:
        return error


def _answer(ensemble: Ensemble, probs: np.ndarray, each: np.ndarray, threshold: float) -> Answer:
    """probs (10,) of the ensemble and (M, 10) of its members, as a caller gets them."""
    by_member = dict(zip(ensemble.members, each, strict=True))
    found = verdict(probs, by_member, ensemble.how, threshold)
    return {
        "prediction": int(probs.argmax()),
        "confidence": _rounded(probs.max()),
        "status": "success",
        "probabilities": [_rounded(p) for p in probs],
        "models": {
            name: {"prediction": int(row.argmax()), "probabilities": [_rounded(p) for p in row]}
            for name, row in by_member.items()
        },
        "certainty": found.certainty,
        "resemblance": _rounded(found.resemblance),
        "least_resemblance": _rounded(threshold),
    }


def _error(error: ValueError) -> Answer:
    return {"status": "error", "error": str(error)}


def _rounded(probability: float) -> float:
    return round(float(probability), 6)


async def _say_error(request: Request, error: Exception) -> JSONResponse:
    """Any refusal in the one form that callers know."""
    if isinstance(error, RequestValidationError):
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if part != "body")
        return _refusal(422, f"{where}: {first['msg']}" if where else str(first["msg"]))
    if isinstance(error, RunDamaged | DataDamaged):
        return _refusal(503, str(error))
    assert isinstance(error, StarletteHTTPException)
    words = error.detail if error.detail else HTTPStatus(error.status_code).phrase
    return _refusal(error.status_code, str(words), error.headers)


def _refusal(code: int, words: str, headers: Any = None) -> JSONResponse:
    return JSONResponse({"status": "error", "error": words}, code, headers=headers)
