"""A log that is signed, and witnesses who look on: for tests of the room `oversight`."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.test import Client

from factories.people import Somebody
from vigie.engines.proofs import Checkpoint, SigningKey
from vigie.engines.witness import Witness
from vigie.kernel import sequencer
from vigie.kernel.actors import utc_now
from vigie.kernel.operation import act_as
from vigie.rooms.oversight import operations
from vigie.rooms.oversight.queries import as_stored
from vigie.rooms.oversight.schemas import AddedWitness


def kept_and_signed(key: SigningKey, *, at: datetime | None = None) -> Checkpoint:
    """Every event has its leaf, and the log is signed as it stands."""
    sequencer.sequence()
    signed = sequencer.sign(key, now=at or utc_now())
    return signed if signed is not None else as_stored.checkpoints()[-1]


@dataclass
class Outsider:
    """A body outside: its own program, and the token the installation gave it."""

    witness: Witness
    added: AddedWitness

    @property
    def client(self) -> Client:
        """Its way in over HTTP."""
        return Client(headers={"Authorization": f"Witness {self.added.token}", "Accept": "application/json"})

    def pull(self, *, at: datetime | None = None) -> Checkpoint:
        """What `vigie witness sign` does, but for handing it over: pulled from where it was, judged, cosigned."""
        last = self.witness.last(self.witness.logs()[0])
        asked = self.client.get(f"/api/v1/audit/checkpoint?old={last.size if last else 0}")
        assert asked.status_code == 200, asked.content
        return self.witness.sign(asked.content.decode(), at=at or utc_now())

    def hand_over(self, note: str) -> int:
        """The status of handing in a note."""
        body = {"note": note}
        return self.client.post(
            "/api/v1/audit/cosignatures", body, content_type="application/json"
        ).status_code


def outsider(folder: Path, name: str, board: Somebody, log: SigningKey) -> Outsider:
    """A new witness, added by somebody of oversight."""
    witness = Witness.create(folder / name, name)
    witness.follow(log.verifier)
    with act_as(board.actor, clock=utc_now):
        added = operations.add_witness(board.actor, key=str(witness.key.verifier))
    return Outsider(witness, added)
