"""What clients send to intake: headers of resumable uploads, parcels, manifests.

The database behind these readers is replaced by one upload that is wanted: what is fuzzed is the reading. What comes of
odd numbers and texts in the database stands in the tests of the room.
"""

import contextlib
import hashlib
import json
import tempfile
import types
import uuid
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.test import RequestFactory
from pydantic import ValidationError

from fuzz.guidance import said, size, sources
from fuzz.reader import Reader, holds
from fuzz.shapes import json_parts
from vigie.engines.sealing import PartCipher
from vigie.kernel.errors import NotFound, VigieError
from vigie.rooms.intake import parcels, parts, tus
from vigie.rooms.intake.operations import manifests
from vigie.rooms.intake.parts import Part
from vigie.rooms.intake.rules import EntryState
from vigie.rooms.intake.schemas import ManifestRequest, UploadTarget
from vigie.rooms.units.schemas import UnviewedFiles

_FILE = b"a drawn file " * 5
_UPLOAD = uuid.UUID(int=7)
_SUBMISSION = uuid.UUID(int=8)
_TOKENS = (
    b"Upload-Offset: ", b"Upload-Length: ", b"Upload-Checksum: sha256 ", b"Upload-Metadata: submission ", b",entry ", b"Tus-Resumable: 1.0.0\n",
    b"X-HTTP-Method-Override: PATCH\n", b"Content-Type: application/offset+octet-stream\n", b"PATCH\n", b"HEAD\n", b"MTIz", b"OTk5OTk5OTk5OTk5OTk5OTk5OTk5",
)  # fmt: skip


def readers(stack: ExitStack) -> tuple[Reader, ...]:
    """Uploads, parcels and manifests."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vigie-fuzz-")))
    desk = _Desk(folder)
    return (
        Reader("upload headers", _requests, desk.asked, declared=(VigieError,), traced=sources(tus), tokens=_TOKENS, weight=2.0),
        Reader("parcels", _parcels, desk.parcel, declared=(VigieError,), traced=sources(parcels, parts)),
        Reader("manifests", _manifests, _manifest, declared=(ValidationError, VigieError), traced=sources(manifests), shaped=json_parts(),
               tokens=(b'"path_base64":', b'"entry":', b'"md5":"', b'"modified":', b"\\ud800", b"\\u0000")),
    )  # fmt: skip


class _Desk:
    """One upload that is wanted, in a folder of its own, and the views that receive it."""

    def __init__(self, folder: Path) -> None:
        self._part = Part(folder / "part", PartCipher(bytes(32)))
        self._target = UploadTarget(
            entry_id=uuid.UUID(int=9),
            submission_id=_SUBMISSION,
            upload_id=_UPLOAD,
            size=len(_FILE),
            sha256=hashlib.sha256(_FILE).digest(),
            state=EntryState.WANTED,
        )
        self._acknowledged = 0

    def asked(self, data: bytes) -> Hashable:
        """The answer to one request written as text: method, headers, an empty line, the body."""
        head, _, body = data.partition(b"\n\n")
        method, *headers = head.decode("latin-1").split("\n")
        given: dict[str, Any] = {}
        for line in headers:
            name, _, value = line.partition(":")
            given[f"HTTP_{name.strip().upper().replace('-', '_')}"] = value.strip()
        kind = given.pop("HTTP_CONTENT_TYPE", "application/octet-stream")
        given.pop("HTTP_CONTENT_LENGTH", None)  # the server states it, and it is true
        request = RequestFactory().generic(method[:10] or "GET", "/api/v1/uploads/", body, kind, **given)
        request.actor = None  # type: ignore[attr-defined]  # nobody is asked for rights here
        with self._in_place(tus):
            self._part.remove()
            if method != "POST":
                self._part.create()
                view, where = tus.upload, {"upload_id": _UPLOAD}
            else:
                view, where = tus.uploads, {}
            response = view(request, **where)
        holds(response.status_code < 500 or response.status_code == 507, f"status {response.status_code}")
        holds(not self._acknowledged or body == _FILE, "a file acknowledged that is not the file")
        return method[:8], response.status_code, size(len(body))

    def parcel(self, data: bytes) -> Hashable:
        """What became of the files of a parcel."""
        with self._in_place(parcels):
            results = parcels.receive(None, _SUBMISSION, data)  # type: ignore[arg-type]  # nobody is asked for rights here
        holds(len({one.entry for one in results}) == len(results), "two answers to one file")
        return (
            "received",
            tuple(sorted({(one.status.value, one.reason) for one in results})),
            size(len(results)),
        )

    @contextlib.contextmanager
    def _in_place(self, module: types.ModuleType) -> Iterator[None]:
        """The module asks this upload instead of a database."""
        self._acknowledged = 0
        stand_ins = {
            "queries": types.SimpleNamespace(
                upload_target=self._found, upload_for=self._named, uploads_for=self._several
            ),
            "operations": types.SimpleNamespace(
                file_sent=self._sent, files_sent=self._sent, file_differs=self._differs, abandon_upload=self._differs
            ),
            "part_of": lambda _submission, _upload: self._part,
            "require_room": lambda _coming: None,
        }  # fmt: skip
        before = {name: getattr(module, name) for name in stand_ins}
        for name, value in stand_ins.items():
            setattr(module, name, value)
        try:
            yield
        finally:
            for name, value in before.items():
                setattr(module, name, value)

    def _found(self, _actor: object, _upload: uuid.UUID) -> UploadTarget:
        return self._target

    def _named(self, _actor: object, submission: uuid.UUID, entry: int) -> UploadTarget:
        if submission != _SUBMISSION or entry != 1:
            raise NotFound
        return self._target

    def _several(
        self, _actor: object, _submission: uuid.UUID, entries: Iterable[int]
    ) -> dict[int, UploadTarget]:
        return {entry: self._target for entry in entries if entry == 1}

    def _sent(self, *_: object) -> None:
        self._acknowledged += 1

    def _differs(self, *_: object) -> None:
        """Said, and nothing kept."""


def _requests() -> Sequence[bytes]:
    import base64

    def text(method: str, body: bytes = b"", **headers: str) -> bytes:
        lines = [
            method,
            "Tus-Resumable: 1.0.0",
            *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
        ]
        return "\n".join(lines).encode() + b"\n\n" + body

    stream = "application/offset+octet-stream"
    named = ",".join(
        f"{name} {base64.b64encode(value.encode()).decode()}"
        for name, value in (("submission", str(_SUBMISSION)), ("entry", "1"))
    )
    checksum = "sha256 " + base64.b64encode(hashlib.sha256(_FILE).digest()).decode()
    return [
        text("OPTIONS"),
        text("POST", Upload_Length=str(len(_FILE)), Upload_Metadata=named),
        text("POST", _FILE, Upload_Length=str(len(_FILE)), Upload_Metadata=named, Content_Type=stream, Upload_Checksum=checksum),
        text("PATCH", _FILE, Upload_Offset="0", Content_Type=stream, Upload_Checksum=checksum),
        text("PATCH", _FILE[:10], Upload_Offset="0", Content_Type=stream),
        text("HEAD"),
        text("DELETE"),
    ]  # fmt: skip


def _parcels() -> Sequence[bytes]:
    def packed(*files: tuple[int, bytes]) -> bytes:
        return b"".join(entry.to_bytes(8) + len(content).to_bytes(8) + content for entry, content in files)

    return [packed((1, _FILE)), packed((1, _FILE[:-1]), (2, b"x")), packed(*((at, b"") for at in range(70)))]


def _manifests() -> Sequence[bytes]:
    def line(entry: int, **more: object) -> dict[str, object]:
        digests = {"md5": "00" * 16, "sha1": "11" * 20, "sha256": "22" * 32}
        return {"entry": entry, "path": f"a/{entry}.jpg", "bytes": 10, **digests, **more}

    return [
        json.dumps({"entries": [line(1), line(2, modified="2026-01-02T03:04:05+00:00")]}).encode(),
        json.dumps({"entries": [line(1, path="\u202egpj", path_base64="Y2Fm6S5qcGc=")]}).encode(),
    ]


def _manifest(data: bytes) -> Hashable:
    """The lines of a manifest, and what would be written of each."""
    try:
        asked = ManifestRequest.model_validate(json.loads(data))  # as the API's framework does
    except ValidationError:
        raise
    except (ValueError, RecursionError) as error:
        return said(error)  # the framework's own refusal of a body that is no JSON
    lines = manifests._distinct(asked.entries)
    for one in lines.values():
        entry = manifests._claimed(one, UnviewedFiles.COMPARED)
        holds("\0" not in entry.path_text, "a path that cannot be stored")
        entry.path_text.encode()
    return "read", size(len(lines))
