"""The shapes of the demonstration's plan: frozen records of names, numbers and paths. Nothing here opens a file."""

from dataclasses import dataclass
from typing import Literal

Audience = Literal["unit", "country", "listed", "community"]
Outside = Literal["contact_only", "silent"]
Level = Literal["full", "contact_only", "silent"]
Size = Literal["full", "small"]
Light = Literal["day", "bright", "dim", "warm", "cool", "lamp", "evening"]
Copy = Literal["plain", "mirrored", "rotated", "crop", "band", "mark", "border", "noise"]
Form = Literal["jpeg", "png", "webp", "gif", "bmp", "tiff", "mp4", "truncated_jpeg", "text"]
Share = Literal["community", "country", "listed", "none"]
IncomingKind = Literal["own", "planted", "new", "clip", "broken"]


@dataclass(frozen=True)
class Country:
    """A fictional country; `code` is its three-letter code."""

    code: str
    name: str


@dataclass(frozen=True)
class Unit:
    """A unit; `key` is its folder name, `desk` the contact others are given (never a person)."""

    key: str
    country: str
    short: str
    name: str
    kind: Literal["victim_identification", "hotline", "regional"]
    desk: str


@dataclass(frozen=True)
class Certificate:
    """A person's certification; `valid_days` counts from the day the demonstration is set up."""

    number: str
    course: str
    valid_days: int


@dataclass(frozen=True)
class Person:
    """Somebody who signs in; `unit` is a unit's key, roles are plain words, `language` an ISO 639-1 code."""

    key: str
    name: str
    unit: str
    roles: tuple[str, ...]
    language: Literal["en", "fr", "es", "ar"]
    certificate: Certificate | None


@dataclass(frozen=True)
class Sharing:
    """Who may see a case's content: audience, countries listed or excluded by code, and what anyone else learns."""

    audience: Audience
    listed: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    answer_outside: Outside = "contact_only"

    @property
    def share(self) -> Share:
        """The word `vigie case open --share` takes."""
        return "none" if self.audience == "unit" else self.audience


@dataclass(frozen=True)
class Series:
    """A group of pictures of one place; the first case that holds it names its owner."""

    number: int
    key: str
    name: str
    unit: str
    case: str


@dataclass(frozen=True)
class Recipe:
    """How one file is drawn: equal recipes give equal bytes, which is what an exact copy is.

    `width` is in pixels (0: the place's own width); `quality` is the encoder's (1 to 95); `taken` is an invented moment
    in the camera's facts, as EXIF writes it, or empty for none; `frames` counts a clip's pictures.
    """

    place: str
    view: int
    light: Light = "day"
    copy: Copy = "plain"
    form: Form = "jpeg"
    width: int = 0
    quality: int = 80
    orientation: int = 1
    taken: str = ""
    frames: int = 0


@dataclass(frozen=True)
class PlannedFile:
    """A file of an exhibit; `path` is relative to the set's folder, with forward slashes."""

    path: str
    recipe: Recipe


@dataclass(frozen=True)
class Exhibit:
    """Something seized, and its files; `series` is the key of the series it holds."""

    key: str
    label: str
    series: str
    files: tuple[PlannedFile, ...]


@dataclass(frozen=True)
class Case:
    """A unit's case with its exhibits and what others may see of their content."""

    key: str
    reference: str
    title: str
    unit: str
    sharing: Sharing
    exhibits: tuple[Exhibit, ...]


@dataclass(frozen=True)
class IncomingFile:
    """A file of the exhibit that is handed in during the demonstration; `copy_of` is the held file it was made from."""

    path: str
    kind: IncomingKind
    recipe: Recipe
    copy_of: str = ""


@dataclass(frozen=True)
class Incoming:
    """The exhibit waiting to be handed in."""

    person: str
    unit: str
    case: str
    exhibit: str
    label: str
    folder: str
    files: tuple[IncomingFile, ...]


@dataclass(frozen=True)
class ExpectedAnswer:
    """A planted link: `file` is answered at `level` because `owner_unit` holds `copy_of`.

    `variant` says how the held picture was turned to become the one looked up, in the matching engine's words; only
    turns that undo themselves are planted, so it reads the same from either side. `max_distance` is in bits of 256,
    0 for equal bytes.
    """

    file: str
    level: Level
    owner_unit: str
    by: Literal["sha256", "pdq"]
    variant: str
    max_distance: int
    copy_of: str


@dataclass(frozen=True)
class ExpectedRefusal:
    """A broken file, and the codes any of which is a right answer."""

    file: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """The whole world of the demonstration."""

    seed: int
    size: Size
    countries: tuple[Country, ...]
    spare_countries: tuple[Country, ...]
    units: tuple[Unit, ...]
    people: tuple[Person, ...]
    series: tuple[Series, ...]
    cases: tuple[Case, ...]
    incoming: Incoming
    answers: tuple[ExpectedAnswer, ...]
    refusals: tuple[ExpectedRefusal, ...]

    def held(self) -> tuple[PlannedFile, ...]:
        """Every file of every case."""
        return tuple(f for case in self.cases for exhibit in case.exhibits for f in exhibit.files)
