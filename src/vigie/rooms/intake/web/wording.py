"""Why a file was not taken, or could not be opened, in words; the stored codes never change."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_WORDS: dict[str, Promise] = {
    "empty": _("The file is empty."),
    "truncated": _("The file ends too early."),
    "corrupt": _("The file is damaged."),
    "unknown_format": _("The format is not known."),
    "too_many_pixels": _("The picture has too many pixels."),
    "too_large": _("The file is too large."),
    "too_slow": _("Reading the file took too long."),
    "worker_killed": _("The file broke the reader and was set aside."),
    "quarantined": _("The file broke the reader twice and is not opened again."),
    "unreadable": _("The file could not be read."),
    "unsupported_here": _("This installation cannot read that format."),
    "changed_since": _("The file changed while it was handed in."),
    "digest_differs": _("What arrived was not the file that was announced. Hand it in again."),
    "not_sent": _("The file was announced and never sent. Hand it in again."),
    "part_missing": _("The bytes got lost before they were recorded. Hand it in again."),
    "no_room": _("There is no room left on the server. What arrived is kept; send the rest later."),
    "other_purpose": _("Your unit keeps this file for another purpose; it was not mixed."),
}


def refusal_words(code: str) -> Promise | str:
    """The sentence for this code; a code of a later version stays readable."""
    return _WORDS.get(code, code)
