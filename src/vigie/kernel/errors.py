"""Refusals and failures that know their status, their problem type and their words (RFC 9457)."""

from typing import TYPE_CHECKING, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from vigie.kernel.permissions import Permission

if TYPE_CHECKING:
    from vigie.kernel.ledger import Subject

Text = str | Promise


class VigieError(Exception):
    """A failure a person can be told about: what happened, in their language.

    `status` is the HTTP status, `problem` the last part of the problem type's address, `exit_code` the
    command line's exit code (design.md section 7).
    """

    status: ClassVar[int] = 500
    problem: ClassVar[str] = "failure"
    exit_code: ClassVar[int] = 1
    title: ClassVar[Text] = _("Something failed")

    def __init__(self, detail: Text = "", *, code: str = "") -> None:
        super().__init__(str(detail) or str(self.title))
        self.detail: Text = detail
        self.code = code or self.problem


class NotSignedIn(VigieError):
    """Nobody is signed in, or the sign-in has ended."""

    status = 401
    problem = "not-signed-in"
    exit_code = 3
    title = _("Please sign in")


class Refused(VigieError):
    """The policy said no; `code` is the reason's name in `policy.Reason`."""

    status = 403
    problem = "refused"
    exit_code = 8
    title = _("This is not allowed")
    permission: Permission | None = None
    """What was asked for, for the log."""
    subject: "Subject | None" = None
    """What had been opened before the no, for the log."""


class StepUpNeeded(Refused):
    """The act needs a sign-in younger than five minutes."""

    problem = "step-up-needed"
    title = _("Please confirm it is you")


class NotFound(VigieError):
    """There is no such record for this actor: absent and hidden look the same."""

    status = 404
    problem = "not-found"
    exit_code = 4
    title = _("Not found")


class Conflict(VigieError):
    """The record changed in the meantime, or exists already for this owner."""

    status = 409
    problem = "conflict"
    exit_code = 5
    title = _("This no longer fits what is stored")


class Invalid(VigieError):
    """What was handed in cannot be understood or kept."""

    status = 422
    problem = "invalid"
    exit_code = 2
    title = _("This cannot be accepted as it is")


class TooLarge(VigieError):
    """What was handed in is larger than this installation takes."""

    status = 413
    problem = "too-large"
    title = _("Too large")


class Unavailable(VigieError):
    """A part of the installation does not answer; nothing was lost."""

    status = 503
    problem = "unavailable"
    exit_code = 7
    title = _("Part of the system is not answering")


class GuardMissing(RuntimeError):
    """A code path reached data without passing a guard: a mistake of ours, never a person's."""
