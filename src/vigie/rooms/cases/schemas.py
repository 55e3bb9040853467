"""What other rooms and shells may know of cases."""

import enum
import uuid
from datetime import date, datetime

from vigie.kernel.actors import Purpose
from vigie.kernel.policy import AnswerOutside, Audience
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
    sending: Sending


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
    sending: Sending


class Hold(Frozen):
    """A legal hold on a case: while it stands nothing of the case is erased and no clock ends."""

    public_id: uuid.UUID
    ordered_by: str
    why: str
    since: datetime
    until: date | None
