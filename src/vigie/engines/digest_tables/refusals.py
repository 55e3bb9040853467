"""Why files of digests are not used."""

from pathlib import Path


class DigestsRefused(Exception):  # noqa: N818 - it is a refusal with a reason, as the rest of Vigie names them
    """A file of digests is missing, cut off or changed: nothing is answered from it, and it is to be made anew."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason
