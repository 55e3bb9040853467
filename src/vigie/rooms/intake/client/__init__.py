"""The sending side of a hand-in: walks a folder, hashes, asks what is wanted, sends, and waits for the answers.

Knows nothing of the database or of who is signed in: it speaks HTTP with the client it is given.
"""

from vigie.rooms.intake.client.folder import Summary, open_or_resume, send_folder
from vigie.rooms.intake.client.sending import Interrupted, ServerSaidNo

__all__ = ["Interrupted", "ServerSaidNo", "Summary", "open_or_resume", "send_folder"]
