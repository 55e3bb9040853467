"""The log over HTTP, for those who read it and for those who witness it."""

import base64
import binascii
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from ninja import Router, Schema, Status

from vigie.kernel import context
from vigie.kernel.errors import Invalid
from vigie.kernel.operation import require
from vigie.kernel.permissions import Permission
from vigie.rooms.oversight import operations, queries
from vigie.rooms.oversight.schemas import AddedWitness, LogPage, LogState, Witnessing

router = Router(tags=["oversight"])


class Key(Schema):
    """A witness's public key."""

    key: str


class Name(Schema):
    """A witness by its name."""

    name: str


class Note(Schema):
    """A checkpoint with cosignatures, as a signed note."""

    note: str


class Reply(Schema):
    """A time-stamp authority's reply for the checkpoint of this size, in base64."""

    size: int
    reply: str


class Kept(Schema):
    """How many cosignatures were new."""

    kept: int


@router.get("/audit", response=LogPage, url_name="log")
def log(request: Any, verb: str = "", outcome: str = "", cursor: str = "") -> LogPage:
    """Read the log, newest first."""
    return queries.log_page(
        request.actor, wanted=queries.LogFilter(verb=verb, outcome=outcome), cursor=cursor
    )


@router.get("/audit/state", response=LogState, url_name="log_state")
def state(request: Any) -> LogState:
    """How far the log is proven."""
    return queries.log_state(request.actor)


@router.get("/audit/bundle", url_name="log_bundle")
def bundle(request: Any) -> HttpResponse:
    """The whole log, to be judged away from here."""
    content = operations.export_log(request.actor)
    return HttpResponse(content, content_type="application/zip")


@router.get("/audit/checkpoint", url_name="log_checkpoint")
def checkpoint(request: Any, old: int = 0, size: int = 0) -> HttpResponse:
    """What a witness that signed `old` entries judges: proof and checkpoint (C2SP tlog-witness, add-checkpoint)."""
    text = queries.request_from(request.actor, old, size).text
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


@router.post("/audit/cosignatures", response=Kept, url_name="log_cosignatures")
def cosignatures(request: Any, handed: Note) -> Kept:
    """Keep a witness's cosignature of a checkpoint."""
    return Kept(kept=operations.record_cosignatures(request.actor, note=handed.note))


@router.get("/audit/witnesses", response=Witnessing, url_name="log_witnesses")
def witnesses(request: Any) -> Witnessing:
    """Who witnesses the log, and how far they saw it."""
    require(request.actor, Permission.AUDIT_LOG_READ)
    return queries.witnessing(now=context.now())


@router.post("/audit/witnesses", response={201: AddedWitness}, url_name="log_witness_add")
def add_witness(request: Any, new: Key) -> Any:
    """Add a witness by its public key; the token it pulls with is shown only now."""
    return Status(201, operations.add_witness(request.actor, key=new.key))


@router.post("/audit/witnesses/end", response={204: None}, url_name="log_witness_end")
def end_witness(request: Any, ended: Name) -> Any:
    """End a witness: it counts no more, its token opens nothing."""
    operations.end_witness(request.actor, name=ended.name)
    return Status(204, None)


@router.post("/audit/stamps", response={204: None}, url_name="log_stamps")
def stamps(request: Any, handed: Reply) -> Any:
    """Keep a time stamp of a checkpoint."""
    try:
        reply = base64.b64decode(handed.reply, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid from error
    authorities = settings.VIGIE.stamp_certificates
    operations.record_stamp(request.actor, size=handed.size, reply=reply, authorities=authorities)
    return Status(204, None)
