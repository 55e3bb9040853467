"""Exporting the log, whole or a view of it, which is itself written down first."""

import csv
import io
import json
import uuid

from vigie.engines.formats.spreadsheets import cell
from vigie.engines.proofs import write_bundle
from vigie.kernel.actors import Actor
from vigie.kernel.installation import checkpoint_key
from vigie.kernel.operation import about, operation, write_line_now
from vigie.kernel.permissions import Permission
from vigie.rooms.oversight import queries
from vigie.rooms.oversight.queries import as_stored
from vigie.rooms.oversight.schemas import LogLine


@operation(Permission.AUDIT_LOG_EXPORT)
def export_log(actor: Actor) -> bytes:
    """The log as a bundle that can be judged anywhere; the export's own line is written first.

    Its checkpoints carry the cosignatures of outside witnesses and time stamps kept for them.
    """
    about("log", uuid.UUID(int=0), checkpoints=len(as_stored.checkpoints()))
    write_line_now()
    out = io.BytesIO()
    write_bundle(
        out,
        as_stored.entries(),
        queries.cosigned(as_stored.checkpoints()),
        checkpoint_key().verifier,
        witnesses=queries.witness_keys(),
        stamps=queries.stamps(),
    )
    return out.getvalue()


_COLUMNS = ("id", "at", "who", "unit_name", "country", "sentence", "verb", "outcome", "reason", "subject_kind", "subject_id")  # fmt: skip


@operation(Permission.AUDIT_VIEW_EXPORT)
def export_view(actor: Actor, *, wanted: queries.LogFilter, form: str) -> bytes:
    """The lines of a view the actor may read, as CSV or JSON, without names, media and free text.

    The line of the export says which view, narrowed by what, and how many lines left. Invalid when there are more than
    a file should hold.
    """
    lines = queries.lines_of(actor, wanted)
    narrowed_by = [name for name in ("unit", "person", "subject", "since", "verb") if getattr(wanted, name)]
    about(
        "log",
        uuid.UUID(int=0),
        view=wanted.view or "all",
        form=form,
        lines=len(lines),
        narrowed_by=narrowed_by,
    )
    write_line_now()
    rows = [_row(line) for line in lines]
    if form == "json":
        return json.dumps(rows, ensure_ascii=False, indent=1).encode()
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    writer.writerows([[cell(row[name]) for name in _COLUMNS] for row in rows])
    return out.getvalue().encode("utf-8-sig")


def _row(line: LogLine) -> dict[str, object]:
    """The line's columns; as its reason the one a person chose, where the policy gave none."""
    shown = line.model_dump(mode="json")
    return {name: shown[name] for name in _COLUMNS} | {"reason": line.reason or line.facts.get("why", "")}
