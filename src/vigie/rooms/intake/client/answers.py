"""What a server answers to a hand-in, read with care: a gateway, a portal or another program may stand in its place."""

import uuid
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, field_validator

T = TypeVar("T")
UPLOADS = "/api/v1/uploads/"
_WORD = 60  # characters of a reason at most


class OddAnswer(Exception):  # noqa: N818 - says what happened
    """The answer is none a Vigie gives; the text says to what."""


class _Told(BaseModel):
    """What is read of an answer; a newer server may say more."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Opened(_Told):
    """A submission that was opened."""

    id: uuid.UUID


class Listed(Opened):
    """A submission in a list."""

    source: str


class Wanted(_Told):
    """What is wanted of one file of a manifest."""

    entry: int
    status: str
    upload: str | None = None


class Manifest(_Told):
    """The answers to a manifest."""

    results: tuple[Wanted, ...]


class Taken(_Told):
    """What became of one file of a parcel."""

    entry: int
    status: str
    reason: str = ""


class Parcel(_Told):
    """The answers to a parcel."""

    results: tuple[Taken, ...]


class Stage(_Told):
    """How many files passed a stage."""

    done: int
    total: int


class NotTaken(_Told):
    """One file that was refused, or recorded without being opened."""

    path: str
    reason: str


class Standing(_Told):
    """How far a submission has come."""

    state: str
    stages: dict[str, Stage]
    known: int
    new: int
    refused: int
    bytes_saved: int
    refusals: tuple[NotTaken, ...]

    @field_validator("stages")
    @classmethod
    def _knows_the_last(cls, stages: dict[str, Stage]) -> dict[str, Stage]:
        if "matched" not in stages:
            raise ValueError("the last stage is missing")
        return stages


def read(kind: type[T], answer: httpx.Response) -> T:
    """The answer as what it should be; OddAnswer for anything else."""
    try:
        return TypeAdapter(kind).validate_json(answer.content)
    except ValidationError as error:
        raise OddAnswer("what answers here does not answer as a Vigie does") from error


def offset_in(answer: httpx.Response) -> int:
    """How many bytes of an upload have arrived; OddAnswer when the answer does not say."""
    stated = answer.headers.get("Upload-Offset", "")
    if not (stated.isascii() and stated.isdecimal()) or len(stated) > 19:
        raise OddAnswer("the answer does not say how much of the file has arrived")
    return int(stated)


def place_in(place: str | None) -> str:
    """The address of an upload, on this server and nowhere else: a token must not be carried off. OddAnswer otherwise."""
    if place is None or not place.startswith(UPLOADS) or not place.isascii() or not place.isprintable():
        raise OddAnswer("the answer does not say where the file is to go")
    return place


def reason_of(answer: httpx.Response) -> str:
    """The server's word for why it did not take a file."""
    code = _problem(answer).get("code")
    return code[:_WORD] if isinstance(code, str) and code.isprintable() else f"http_{answer.status_code}"


def words_of(answer: httpx.Response) -> str:
    """The server's own sentence about what it refused."""
    body = _problem(answer)
    words = (body.get(name) for name in ("detail", "title"))
    return next(
        (one for one in words if isinstance(one, str) and one), f"the server answered {answer.status_code}"
    )


def _problem(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
