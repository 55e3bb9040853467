"""What a worker is for; each role loads only the decoders it needs."""

from enum import StrEnum


class Role(StrEnum):
    """`pictures` opens still pictures, `films` opens video, `encoder` sees raw pixels only and never a file."""

    PICTURES = "pictures"
    FILMS = "films"
    ENCODER = "encoder"
