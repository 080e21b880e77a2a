"""What a request brings: pictures as files, as bytes or as base64 text, up to a size."""

import base64
import binascii
from codecs import BOM_UTF8
from typing import Annotated

from fastapi import HTTPException, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError
from starlette.datastructures import UploadFile
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digitcore import ink

MAX_BODY = ink.MAX_BYTES
MAX_IMAGES = 256  # in one request
NAMED = 64  # letters of a name that are said again
URL_SAFE = str.maketrans("-_", "+/")  # RFC 4648, section 5

Sent = bytes | ink.BadPicture


class JsonBody(BaseModel):
    """The JSON form of a request: base64 text or a data URL, one or a list of them."""

    model_config = {"extra": "forbid"}
    image: str | Annotated[list[str], Field(min_length=1, max_length=MAX_IMAGES)]


class Asked(BaseModel):
    """What a request's address may ask for; a name that is none is refused, not overlooked."""

    model_config = {"extra": "forbid"}
    models: list[str] = Field(
        default_factory=list, description="Models or ensembles, by commas or one by one."
    )

    @property
    def names(self) -> list[str]:
        """Each name that was asked for."""
        parts = (part.strip() for told in self.models for part in told.split(","))
        return [part for part in parts if part]


PICTURE = {"type": "string", "format": "binary"}
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["image"],
                    "properties": {"image": {"type": "array", "items": PICTURE}},
                }
            },
            "application/json": {"schema": JsonBody.model_json_schema()},
            "image/*": {"schema": PICTURE},
        },
    }
}


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


async def pictures(request: Request) -> tuple[list[Sent], bool]:
    """The picture files of a request, and whether the caller sent several."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == "multipart/form-data":
        async with request.form(max_fields=16) as form:
            strange = next((name for name in form if name != "image"), None)
            sent = [part for part in form.getlist("image") if isinstance(part, UploadFile)]
            files: list[Sent] = [await part.read() for part in sent]
        if strange is not None:
            raise HTTPException(
                422,
                f"{strange[:NAMED] or 'a nameless one'}: There is no such field here. Send "
                "pictures as 'image'; models are named in the address, as '?models='.",
            )
        if not files:
            raise HTTPException(
                422, "No picture arrived. Send it, to its end, as a file in the form field 'image'."
            )
        if len(files) > MAX_IMAGES:
            raise HTTPException(422, f"Send at most {MAX_IMAGES} images in one request.")
        return files, len(files) > 1
    body = await request.body()
    if kind == "application/json":
        image = _validated(body).image
        texts = [image] if isinstance(image, str) else image
        return [_from_base64(text) for text in texts], not isinstance(image, str)
    if body.lstrip()[:1] == b"{" or body.startswith(b"image="):
        raise HTTPException(
            422,
            "This looks like JSON or a form's text. Send JSON with the header "
            "'content-type: application/json'.",
        )
    return [body], False


def _validated(body: bytes) -> JsonBody:
    try:
        return JsonBody.model_validate_json(body.removeprefix(BOM_UTF8))  # as some editors begin it
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from error


def _from_base64(text: str) -> Sent:
    """Bytes of base64 text or of a data URL; what is wrong with it otherwise."""
    text = "".join(text.split())
    if text[:5].lower() == "data:":
        _, comma, text = text.partition(",")
        if not comma:
            return ink.BadPicture("The data URL has no comma, and so no picture behind it.")
    text = text.translate(URL_SAFE)
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return ink.BadPicture("The image is not valid base64 text.")
