"""The recovery key as text: forgiving of spelling, never of a wrong character."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigie.backends.keys.recovery import (
    RecoveryKeyMistyped,
    new_recovery_secret,
    recovery_secret,
    recovery_text,
)

SECRETS = st.binary(min_size=20, max_size=20)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def test_it_is_eight_groups_of_five_and_new_each_time():
    text = recovery_text(new_recovery_secret())
    assert re.fullmatch(r"([A-Z2-7]{5}-){7}[A-Z2-7]{5}", text)
    assert text != recovery_text(new_recovery_secret())


@settings(deadline=None)
@given(SECRETS)
def test_it_reads_back_however_it_is_spelt(secret):
    text = recovery_text(secret)
    misread = text.replace("O", "0").replace("I", "1").replace("B", "8")
    for typed in (text, text.lower(), text.replace("-", ""), text.replace("-", "  "), f" {text}\n", misread):
        assert recovery_secret(typed) == secret


@settings(deadline=None)
@given(SECRETS, st.integers(0, 39), st.sampled_from(LETTERS))
def test_one_wrong_letter_is_told_from_a_wrong_key(secret, place, letter):
    letters = recovery_text(secret).replace("-", "")
    changed = letters[:place] + letter + letters[place + 1 :]
    if changed != letters:
        with pytest.raises(RecoveryKeyMistyped, match="group by group"):
            recovery_secret(changed)


@settings(deadline=None)
@given(SECRETS, st.integers(0, 38))
def test_two_letters_exchanged_are_told(secret, place):
    letters = recovery_text(secret).replace("-", "")
    changed = letters[:place] + letters[place + 1] + letters[place] + letters[place + 2 :]
    if changed != letters:
        with pytest.raises(RecoveryKeyMistyped):
            recovery_secret(changed)


@pytest.mark.parametrize("text", ["", "A", "-----", "A" * 39, "A" * 40, "A" * 48, "9" * 40, "é" * 40])
def test_what_is_no_recovery_key_is_refused(text):
    with pytest.raises(RecoveryKeyMistyped):
        recovery_secret(text)
