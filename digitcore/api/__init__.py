"""The REST routes: the same road from a picture to an answer as on the Draw page.

A FastAPI app that Home.py hangs into Streamlit's own server. Errors are
`{"status": "error", "error": "..."}` with 400 (no picture or no ink), 405, 413, 422, or 503 where
a model is damaged or none is there.
"""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import ClientDisconnect

from digitcore.api.answers import OneAnswer, Refusal, SeveralAnswers, respond
from digitcore.api.sent import BODY, MAX_BODY, MAX_IMAGES, NAMED, Asked, BodyLimit, pictures
from digitcore.digits import DataDamaged
from digitcore.folder import RunDamaged
from digitcore.members import Members
from digitcore.runs import NoSuchModel

AT_ONCE = 2  # requests that are computed; others wait, and pages keep their own threads
PATHS = ("/health", "/predict")
WORDS = {  # in place of pydantic's
    "extra_forbidden": "There is no such argument here.",
    "missing": "This is missing.",
    "string_type": "Send text: a picture as base64 or as a data URL.",
}
GONE = (RunDamaged, DataDamaged, NoSuchModel)  # a model or its data, for now or for good
REFUSALS = (400, 405, 413, 422, 503)

__all__ = ["MAX_BODY", "MAX_IMAGES", "PATHS", "create_api"]


def create_api(members: Callable[[], Members]) -> FastAPI:
    """The REST app. `members` is called at each request, so that a page and REST share one."""
    api = FastAPIOffline(
        title="Handwritten digits",
        description="Send a picture of a digit, get what every network thinks of it.",
        version="1.0.0",
        redoc_url=None,
    )
    api.add_middleware(BodyLimit)
    for error in (StarletteHTTPException, RequestValidationError, ClientDisconnect, *GONE):
        api.add_exception_handler(error, _say_error)

    @api.head("/health", include_in_schema=False)
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
        openapi_extra=BODY,
    )
    async def predict(request: Request, asked: Annotated[Asked, Query()]) -> dict[str, Any]:
        sent, several = await pictures(request)
        work = partial(respond, members(), asked.names, sent, several)
        return await to_thread.run_sync(work, limiter=at_once)

    return api


async def _say_error(request: Request, error: Exception) -> JSONResponse:
    """Any refusal in the one form that callers know."""
    if isinstance(error, RequestValidationError):
        first = error.errors()[0]
        ours = ("body", "query")  # where it stands; then its name, and what it might be
        where = [str(part) for part in first["loc"] if part not in ours]
        words = WORDS.get(first["type"], str(first["msg"]))
        return _refusal(422, f"{where[0][:NAMED] or 'a nameless one'}: {words}" if where else words)
    if isinstance(error, ClientDisconnect):
        return _refusal(400, "The connection broke before all of the request was here.")
    if isinstance(error, GONE):
        return _refusal(503, str(error))
    assert isinstance(error, StarletteHTTPException)
    words = error.detail if error.detail else HTTPStatus(error.status_code).phrase
    return _refusal(error.status_code, str(words), error.headers)


def _refusal(code: int, words: str, headers: Any = None) -> JSONResponse:
    return JSONResponse({"status": "error", "error": words}, code, headers=headers)
