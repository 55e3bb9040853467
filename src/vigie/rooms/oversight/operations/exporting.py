"""Writes about the log: there is one, exporting it, which is itself written down first."""

import io
import uuid

from vigie.engines.proofs import write_bundle
from vigie.kernel import sequencer
from vigie.kernel.actors import Actor
from vigie.kernel.installation import checkpoint_key
from vigie.kernel.operation import about, operation, write_line_now
from vigie.kernel.permissions import Permission


@operation(Permission.AUDIT_LOG_EXPORT)
def export_log(actor: Actor) -> bytes:
    """The log and its checkpoints as a bundle that can be judged anywhere; the export's own line is written first."""
    about("log", uuid.UUID(int=0), checkpoints=len(sequencer.checkpoints()))
    write_line_now()
    out = io.BytesIO()
    write_bundle(out, sequencer.entries(), sequencer.checkpoints(), checkpoint_key().verifier)
    return out.getvalue()
