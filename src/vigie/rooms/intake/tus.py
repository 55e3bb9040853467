"""Resumable uploads by tus 1.0: creation, creation-with-upload, checksum, termination (tus.io, protocol 1.0.0).

The truth about an upload is the size of its part on disk. A part whose last byte arrived is synced and its SHA-256
compared with the claim before anything is acknowledged; one whose acknowledgement was lost in a crash is finished by
whoever asks for it next.
"""

import base64
import contextlib
import hashlib
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from vigie.kernel.actors import Actor
from vigie.rooms.intake import operations, queries
from vigie.rooms.intake.operations.manifests import UPLOADS
from vigie.rooms.intake.parts import NoRoomError, OpenPart, Part, PartBusyError, part_of, require_room
from vigie.rooms.intake.rules import ACKNOWLEDGED, LARGEST_FILE, EntryState, Reason
from vigie.rooms.intake.schemas import UploadTarget
from vigie.rooms.requests import actor_of

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,termination"
ALGORITHMS = ("sha256", "sha1", "md5")
LARGEST_CHECKED_CHUNK = 64 * 1024**2
"""Bytes of a request with a checksum: they are held in memory until they are known to be right."""
_STREAM = "application/offset+octet-stream"
_CHUNK = 1 << 20
_DIGITS = 19
"""Of a number of bytes: nothing is longer than 2^63, and Python refuses to read more than 4,300."""
CHECKSUM_MISMATCH = 460


class _Stop(Exception):  # noqa: N818 - the answer is ready, nothing went wrong with us
    """The request is answered with a status and a sentence."""

    def __init__(self, status: int, words: str, *, code: str = "", **headers: str) -> None:
        super().__init__(words)
        self.status = status
        self.code = code
        self.headers = headers


def _view(handlers: dict[str, Callable[..., HttpResponse]]) -> Callable[..., HttpResponse]:
    def view(request: HttpRequest, **where: Any) -> HttpResponse:
        method = request.method or ""
        if method == "POST":  # for proxies that let no PATCH through (tus 1.0, X-HTTP-Method-Override)
            method = request.headers.get("X-HTTP-Method-Override", method)
        try:
            if method not in handlers:
                raise _Stop(405, "this is not done here", Allow=", ".join(sorted(handlers)))
            if method != "OPTIONS" and request.headers.get("Tus-Resumable") != VERSION:
                raise _Stop(412, f"this server speaks tus {VERSION}", **{"Tus-Version": VERSION})
            response = handlers[method](request, **where)
        except _Stop as stop:
            body = {"title": str(stop), "status": stop.status}
            if stop.code:
                body["code"] = stop.code
            response = JsonResponse(body, status=stop.status, content_type="application/problem+json")
            for name, value in stop.headers.items():
                response[name] = value
        response["Tus-Resumable"] = VERSION
        response["Cache-Control"] = "no-store"
        return response

    # The shell asks for the token against forgery itself, from everybody who rides on a session cookie.
    return csrf_exempt(view)


def _options(_request: HttpRequest, **_: Any) -> HttpResponse:
    response = HttpResponse(status=204)
    response["Tus-Version"] = VERSION
    response["Tus-Extension"] = EXTENSIONS
    response["Tus-Max-Size"] = str(LARGEST_FILE)
    response["Tus-Checksum-Algorithm"] = ",".join(ALGORITHMS)
    return response


def _create(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    target = _named(actor, request)
    length = _number(request, "Upload-Length")
    if length > LARGEST_FILE:
        raise _Stop(413, f"a file has at most {LARGEST_FILE} bytes")
    if length != target.size:
        raise _Stop(409, f"the manifest says {target.size} bytes, and not {length}")
    if target.state is not EntryState.WANTED:
        raise _Stop(409, "this file is not wanted")
    part = _part(target)
    with _room():
        require_room(target.size)
        part.create()
    with _locked(part) as opened:
        if _has_body(request) and opened.size() == 0:
            _receive(request, opened, target)
        response = HttpResponse(status=201)
        response["Upload-Offset"] = str(opened.size())
        failed = _finish(actor, target, opened)
    if failed is not None:
        part.remove()
        return failed
    response["Location"] = f"{UPLOADS}{target.upload_id}"
    return response


def _head(request: HttpRequest, upload_id: uuid.UUID) -> HttpResponse:
    actor = actor_of(request)
    target = queries.upload_target(actor, upload_id)
    response = HttpResponse(status=200)
    response["Upload-Length"] = str(target.size)
    if target.state in ACKNOWLEDGED:
        response["Upload-Offset"] = str(target.size)
        return response
    part = _wanted(target)
    with _locked(part) as opened:
        response["Upload-Offset"] = str(opened.size())
        failed = _finish(actor, target, opened)
    if failed is not None:
        part.remove()
        return HttpResponse(status=410)
    return response


def _patch(request: HttpRequest, upload_id: uuid.UUID) -> HttpResponse:
    actor = actor_of(request)
    if request.content_type != _STREAM:
        raise _Stop(415, f"pieces of a file are sent as {_STREAM}")
    offset = _number(request, "Upload-Offset")
    target = queries.upload_target(actor, upload_id)
    response = HttpResponse(status=204)
    if target.state in ACKNOWLEDGED and offset == target.size:
        response["Upload-Offset"] = str(target.size)
        return response
    part = _wanted(target)
    with _locked(part) as opened:
        if opened.size() != offset:
            raise _Stop(409, f"go on at {opened.size()}", **{"Upload-Offset": str(opened.size())})
        _receive(request, opened, target)
        response["Upload-Offset"] = str(opened.size())
        failed = _finish(actor, target, opened)
    if failed is not None:
        part.remove()
        return failed
    return response


def _delete(request: HttpRequest, upload_id: uuid.UUID) -> HttpResponse:
    actor = actor_of(request)
    target = queries.upload_target(actor, upload_id)
    part = _wanted(target)
    with _locked(part):
        operations.abandon_upload(actor, upload_id)
        part.remove()
    return HttpResponse(status=204)


def _receive(request: HttpRequest, opened: OpenPart, target: UploadTarget) -> None:
    """What the request carries stands behind what had arrived, all that came of it when the line was cut."""
    coming = _number(request, "Content-Length")
    if opened.size() + coming > target.size:
        raise _Stop(413, "this is more than the file has")
    stated = request.headers.get("Upload-Checksum")
    pieces = _pieces(request)
    if stated is not None:
        pieces = iter([_checked(stated, pieces, coming)])
    with contextlib.suppress(UnreadablePostError), _room():
        require_room(coming)
        opened.append(pieces)


def _pieces(request: HttpRequest) -> Iterator[bytes]:
    while piece := request.read(_CHUNK):
        yield piece


def _checked(stated: str, pieces: Iterator[bytes], coming: int) -> bytes:
    if coming > LARGEST_CHECKED_CHUNK:
        raise _Stop(413, f"a piece with a checksum has at most {LARGEST_CHECKED_CHUNK} bytes")
    algorithm, _, value = stated.partition(" ")
    if algorithm not in ALGORITHMS:
        raise _Stop(400, f"checksums are {', '.join(ALGORITHMS)}")
    expected = _decoded(value, "the checksum")
    data = b"".join(pieces)
    if hashlib.new(algorithm, data, usedforsecurity=False).digest() != expected:
        raise _Stop(CHECKSUM_MISMATCH, "this piece was damaged on its way; send it again")
    return data


def _finish(actor: Actor, target: UploadTarget, opened: OpenPart) -> HttpResponse | None:
    """A part that is whole is acknowledged, or failed: then the answer is returned and the part must go."""
    if opened.size() < target.size:
        return None
    with _room():
        opened.sync()
    with _part(target).open() as plain:
        digest = hashlib.file_digest(plain, "sha256").digest()
    if digest == target.sha256:
        operations.file_sent(actor, target.upload_id)
        return None
    operations.file_differs(actor, target.upload_id)
    body = {
        "title": "what arrived is not the file of the manifest",
        "status": 422,
        "code": Reason.DIGEST_DIFFERS,
    }
    return JsonResponse(body, status=422, content_type="application/problem+json")


@contextlib.contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except NoRoomError:
        words = "there is no room left on this server; what arrived is kept, and the rest may be sent later"
        raise _Stop(507, words, code=Reason.NO_ROOM.value) from None


@contextlib.contextmanager
def _locked(part: Part) -> Iterator[OpenPart]:
    try:
        with part.locked() as opened:
            yield opened
    except PartBusyError:
        raise _Stop(423, "this file is being sent by somebody else at the moment") from None
    except FileNotFoundError:
        raise _Stop(404, "this upload was not begun") from None


def _wanted(target: UploadTarget) -> Part:
    if target.state is EntryState.REFUSED:
        raise _Stop(410, "this file was refused; ask again with its manifest entry")
    if target.state is not EntryState.WANTED:
        raise _Stop(409, "this file is not wanted")
    return _part(target)


def _part(target: UploadTarget) -> Part:
    return part_of(target.submission_id, target.upload_id)


def _named(actor: Actor, request: HttpRequest) -> UploadTarget:
    """The upload that `Upload-Metadata: submission <base64>,entry <base64>` names."""
    named = {}
    for pair in request.headers.get("Upload-Metadata", "").split(","):
        name, _, value = pair.strip().partition(" ")
        named[name] = _decoded(value, f"the metadata {name!r}")
    try:
        submission, entry = uuid.UUID(named["submission"].decode()), int(named["entry"])
    except (KeyError, ValueError):
        raise _Stop(400, "Upload-Metadata names a submission and an entry") from None
    return queries.upload_for(actor, submission, entry)


def _decoded(value: str, what: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except ValueError:  # binascii.Error, and its parent for characters beyond ASCII
        raise _Stop(400, f"{what} is no base64") from None


def _number(request: HttpRequest, name: str) -> int:
    value = request.headers.get(name, "")
    if not (value.isascii() and value.isdecimal()) or len(value) > _DIGITS:
        raise _Stop(400, f"{name} is a whole number")
    return int(value)


def _has_body(request: HttpRequest) -> bool:
    return request.content_type == _STREAM and request.headers.get("Content-Length", "0") != "0"


uploads = _view({"OPTIONS": _options, "POST": _create})
upload = _view({"OPTIONS": _options, "HEAD": _head, "PATCH": _patch, "DELETE": _delete})
