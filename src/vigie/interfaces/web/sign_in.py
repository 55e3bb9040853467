"""The addresses of sign-in, confirmation and second factors: the library's own views, and ours for providers."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as keys
from django.db import transaction
from django.urls import URLPattern, path

from vigie.rooms.accounts.queries import PLUMBING
from vigie.rooms.accounts.web import provider

one_transaction = transaction.atomic(using=PLUMBING)
"""Recovery codes are locked while they are spent; the library opens its transaction on another alias than theirs."""

urlpatterns: list[URLPattern] = [
    path("sign-in/", account.login, name="account_login"),
    path("sign-out/", account.logout, name="account_logout"),
    path("sign-in/confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("sign-in/code/", one_transaction(mfa.authenticate), name="mfa_authenticate"),
    path("sign-in/confirm/code/", one_transaction(mfa.reauthenticate), name="mfa_reauthenticate"),
    path("sign-in/key/", keys.login_webauthn, name="mfa_login_webauthn"),
    path("sign-in/confirm/key/", keys.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("sign-in/provider/<slug:provider>/", provider.leave, name="provider_leave"),
    path("sign-in/provider/<slug:provider>/back/", provider.back, name="provider_back"),
    path("sign-in/provider/<slug:provider>/done/", provider.done, name="provider_done"),
    path("sign-in/confirm/provider/<slug:provider>/", provider.confirm, name="provider_confirm"),
    path("second-factor/keys/", keys.list_webauthn, name="mfa_list_webauthn"),
    path("second-factor/keys/add/", keys.add_webauthn, name="mfa_add_webauthn"),
    path("second-factor/keys/<int:pk>/remove/", keys.remove_webauthn, name="mfa_remove_webauthn"),
    path("second-factor/keys/<int:pk>/name/", keys.edit_webauthn, name="mfa_edit_webauthn"),
    path("second-factor/", mfa.index, name="mfa_index"),
    path("second-factor/set-up/", totp.activate_totp, name="mfa_activate_totp"),
    path("second-factor/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("second-factor/codes/", recovery_codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "second-factor/codes/new/", recovery_codes.generate_recovery_codes, name="mfa_generate_recovery_codes"
    ),
    path(
        "second-factor/codes/download/",
        recovery_codes.download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
]
