"""What other rooms and shells may know of cases."""

import enum
import uuid
from datetime import date, datetime

from vigie.kernel.actors import Purpose
from vigie.kernel.policy import AnswerOutside, Audience, Handling
from vigie.rooms.media.schemas import ContentFacts
from vigie.rooms.units.schemas import Frozen


class Share(enum.StrEnum):
    """With whom the content handed in under a case is shared: always asked, never assumed."""

    COMMUNITY = "community"
    COUNTRY = "country"
    LISTED = "listed"
    NONE = "none"

    @property
    def audience(self) -> Audience:
        """The audience of content under this choice."""
        return Audience.UNIT if self is Share.NONE else Audience(self.value)


class Sending(enum.StrEnum):
    """Which files handed in under a case travel: those its unit does not hold yet, or all of them (court cases)."""

    WHAT_IS_NEW = "what_is_new"
    EVERYTHING = "everything"


ERASED = "erased"
"""The state of a case that was erased."""


class Outcome(enum.StrEnum):
    """What became of a case, as far as its clock is concerned."""

    NOT_RELEVANT = "not_relevant"
    RELEVANT = "relevant"


class CaseClock(Frozen):
    """When a case's clock asks, and when it ends."""

    id: uuid.UUID
    public_id: uuid.UUID
    reference: str
    ask_on: date | None
    retain_until: date | None
    not_relevant_until: date | None
    """The last day on which it can be taken back that the case is not relevant."""
    on_hold: bool

    def has_ended(self, today: date) -> bool:
        """True when one of its clocks has ended and no legal hold stops them."""
        ends = [day for day in (self.retain_until, self.not_relevant_until) if day is not None]
        return not self.on_hold and bool(ends) and min(ends) < today


class CaseSummary(Frozen):
    """A case in a list."""

    public_id: uuid.UUID
    reference: str
    title: str
    state: str
    audience: Audience
    opened_at: datetime
    exhibits: int


class CasePage(Frozen):
    """Cases, newest first; `after` is the cursor of the next page, None on the last."""

    cases: tuple[CaseSummary, ...]
    after: uuid.UUID | None


class CaseDetail(CaseSummary):
    """One case, with what it says about sharing."""

    legal_basis: str
    purpose: Purpose
    listed: tuple[str, ...]
    excluded: tuple[str, ...]
    answer_outside: AnswerOutside
    handling: Handling
    sending: Sending
    retain_until: date | None
    not_relevant_until: date | None


class ExhibitSummary(Frozen):
    """An exhibit and how much was found on it: `files` as found, `contents` that differ."""

    public_id: uuid.UUID
    case_public_id: uuid.UUID
    case_reference: str
    reference: str
    description: str
    seized_in: str
    seized_at_text: str
    files: int
    contents: int


class CustodyStep(Frozen):
    """One link of the chain of custody, as shown."""

    position: int
    at: datetime
    by: uuid.UUID
    act: str
    tool: str
    tool_version: str
    parameters: dict[str, str | int]
    digest: str


class CustodyVerdict(Frozen):
    """Whether a chain of custody is whole; `first_bad` is the position of the first link that does not fit."""

    links: int
    first_bad: int | None

    @property
    def intact(self) -> bool:
        """True when every link fits the one before."""
        return self.first_bad is None


class HandInTerms(Frozen):
    """What material handed in under an exhibit takes over from its case. For the rooms of the same unit only."""

    exhibit_id: uuid.UUID
    exhibit_public_id: uuid.UUID
    exhibit_reference: str
    case_public_id: uuid.UUID
    case_reference: str
    case_open: bool
    legal_basis: str
    purpose: Purpose
    audience: Audience
    listed: tuple[str, ...]
    excluded: tuple[str, ...]
    answer_outside: AnswerOutside
    handling: Handling
    sending: Sending


class Hold(Frozen):
    """A legal hold on a case: while it stands nothing of the case is erased and no clock ends."""

    public_id: uuid.UUID
    ordered_by: str
    why: str
    since: datetime
    until: date | None


class CourtAccessView(Frozen):
    """A case open to a person of a court, as its unit sees it."""

    public_id: uuid.UUID
    username: str
    unit_name: str
    why: str
    since: datetime
    until: date
    """The last day on which it opens the case."""


class OpenCase(Frozen):
    """A case in the list of those that are open to a person of a court."""

    public_id: uuid.UUID
    reference: str
    owner_unit: uuid.UUID
    owner_name: str
    why: str
    until: date


class OpenCaseDetail(OpenCase):
    """One case that is open to a person of a court, with its exhibits."""

    legal_basis: str
    purpose: Purpose
    opened_at: datetime
    exhibits: tuple[ExhibitSummary, ...]


class OpenExhibit(Frozen):
    """One exhibit of such a case: its chain of custody and a page of what was found; `after` is the next one's cursor."""

    owner_unit: uuid.UUID
    exhibit: ExhibitSummary
    custody: tuple[CustodyStep, ...]
    chain: CustodyVerdict
    contents: tuple[ContentFacts, ...]
    paths: dict[str, tuple[str, ...]]
    """Under which paths each content lies on the exhibit, by its public id in text."""
    after: uuid.UUID | None
