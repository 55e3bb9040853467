"""The forms around a passkey, in the words of this installation; the ceremony is the library's."""

from typing import Any

from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _

MOST_LETTERS = 60


class PasskeyForm(AddWebAuthnForm):  # type: ignore[misc]  # the library ships no types
    """What adding a passkey or a security key asks."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offers to sign in with the key alone, which a key that checks its holder is made for."""
        super().__init__(*args, **kwargs)
        name, alone = self.fields["name"], self.fields["passwordless"]
        name.label, name.help_text = _("Name of the key"), _("To tell it from your others: where it is kept.")
        name.max_length = MOST_LETTERS
        name.widget.attrs["maxlength"] = MOST_LETTERS
        alone.label, alone.initial = _("Sign in with this key alone, without the password"), True
        alone.help_text = _(
            "Take the tick away for an old key that cannot keep passkeys; it stays a second factor."
        )


class PasskeyNameForm(EditWebAuthnForm):  # type: ignore[misc]  # the library ships no types
    """A passkey's new name."""

    name = forms.CharField(label=_("Name of the key"), max_length=MOST_LETTERS)
