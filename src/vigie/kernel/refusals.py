"""The policy's reasons in plain words: what stands against it, and what to do next."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from vigie.kernel.policy import Reason

_WORDS: dict[Reason, Promise] = {
    Reason.ACCESS_SUSPENDED: _(
        "Your access is suspended. Nothing is lost; your national gateway can confirm you, and everything opens again."
    ),
    Reason.AGREEMENT_ENDED: _(
        "The agreement of your organisation has ended, is suspended, or does not cover this. Nothing is lost; your "
        "gateway can renew it."
    ),
    Reason.CERTIFICATE_MISSING: _(
        "This needs a valid certificate, and yours is missing or has ended. Your national gateway can certify you."
    ),
    Reason.GATEWAY_DECIDES: _(
        "That country has a gateway of its own, and only its gateway decides this. Ask its officer."
    ),
    Reason.HANDLING: _("Its owner keeps handing it on to itself. Ask its desk."),
    Reason.NO_ROLE: _("Your role does not include this. Your supervisor can tell you who may do it."),
    Reason.OUT_OF_REACH: _("There is no such record for you."),
    Reason.OWN_RIGHTS: _(
        "Nobody decides on their own rights. Another gateway officer or administrator can do this."
    ),
    Reason.REASON_MISSING: _("Say why you need to open this, then try again."),
    Reason.SEALED: _("This file is sealed until a legal authority is recorded."),
    Reason.STEP_UP: _("This needs a sign-in younger than five minutes. Please confirm it is you."),
}


def words(reason: Reason) -> Promise:
    """The sentence a person reads for this reason."""
    return _WORDS[reason]
