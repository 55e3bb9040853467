"""What every key provider promises. A provider's own tests inherit this class and give it `keys`."""

import dataclasses
import os

import pytest

from vigie.backends.keys import KeyExists, KeyMissing, KeyProvider, KeyRefused
from vigie.engines.sealing import is_committed

DATA_KEY = bytes(range(32))
CONTEXT = b"object 1 | unit A | original"


class KeyProviderContract:
    """Inherit, and give a fixture `keys`: a provider without any key."""

    def test_a_data_key_opens_as_it_was_wrapped(self, keys: KeyProvider):
        key_id = keys.create("FR", 2026)
        wrapped = keys.wrap("FR", DATA_KEY, CONTEXT)
        assert (wrapped.key_id, wrapped.country) == (key_id, "FR")
        assert keys.unwrap(wrapped, CONTEXT) == DATA_KEY

    def test_wrapping_hides_the_key_commits_to_it_and_is_never_twice_alike(self, keys: KeyProvider):
        keys.create("FR", 2026)
        one, other = keys.wrap("FR", DATA_KEY, CONTEXT), keys.wrap("FR", DATA_KEY, CONTEXT)
        assert DATA_KEY not in one.sealed
        assert is_committed(DATA_KEY, one.commitment)
        assert one.sealed != other.sealed

    def test_a_data_key_opens_for_no_other_object_owner_or_key(self, keys: KeyProvider):
        keys.create("FR", 2026)
        keys.create("ES", 2026)
        wrapped = keys.wrap("FR", DATA_KEY, CONTEXT)
        with pytest.raises(KeyRefused):
            keys.unwrap(wrapped, b"object 2 | unit A | original")
        with pytest.raises(KeyRefused):
            keys.unwrap(dataclasses.replace(wrapped, key_id=keys.wrap("ES", DATA_KEY, b"").key_id), CONTEXT)
        with pytest.raises(KeyRefused):
            keys.unwrap(dataclasses.replace(wrapped, key_id="no key at all"), CONTEXT)

    def test_a_changed_wrapping_or_commitment_is_refused(self, keys: KeyProvider):
        keys.create("FR", 2026)
        wrapped = keys.wrap("FR", DATA_KEY, CONTEXT)
        for place in range(len(wrapped.sealed)):
            sealed = bytearray(wrapped.sealed)
            sealed[place] ^= 1
            with pytest.raises(KeyRefused):
                keys.unwrap(dataclasses.replace(wrapped, sealed=bytes(sealed)), CONTEXT)
        for sealed in (b"", wrapped.sealed[:11], wrapped.sealed[:-1]):
            with pytest.raises(KeyRefused):
                keys.unwrap(dataclasses.replace(wrapped, sealed=sealed), CONTEXT)
        other = keys.wrap("FR", os.urandom(32), CONTEXT)
        with pytest.raises(KeyRefused):
            keys.unwrap(dataclasses.replace(wrapped, commitment=other.commitment), CONTEXT)

    def test_a_missing_country_key_concerns_that_country_only(self, keys: KeyProvider):
        keys.create("FR", 2026)
        assert (keys.has("FR"), keys.has("ES")) == (True, False)
        assert keys.countries() == {"FR"}
        with pytest.raises(KeyMissing) as missing:
            keys.wrap("ES", DATA_KEY, CONTEXT)
        assert missing.value.country == "ES"
        wrapped = keys.wrap("FR", DATA_KEY, CONTEXT)
        with pytest.raises(KeyMissing, match="ES"):
            keys.unwrap(dataclasses.replace(wrapped, key_id=wrapped.key_id.replace("FR", "ES")), CONTEXT)
        assert keys.unwrap(wrapped, CONTEXT) == DATA_KEY

    def test_a_country_has_one_first_key_a_year_and_the_newest_year_wraps(self, keys: KeyProvider):
        keys.create("FR", 2026)
        old = keys.wrap("FR", DATA_KEY, CONTEXT)
        with pytest.raises(KeyExists):
            keys.create("FR", 2026)
        newer = keys.create("FR", 2027)
        keys.create("FR", 2025)
        assert keys.wrap("FR", DATA_KEY, CONTEXT).key_id == newer
        assert keys.unwrap(old, CONTEXT) == DATA_KEY

    def test_after_rotation_the_new_key_wraps_and_the_old_one_goes_on_opening(self, keys: KeyProvider):
        first = keys.create("FR", 2026)
        old = keys.wrap("FR", DATA_KEY, CONTEXT)
        second = keys.rotate("FR", 2026)
        moved = keys.rewrap(old, CONTEXT)
        assert (old.key_id, moved.key_id) == (first, second)
        assert first != second
        assert keys.unwrap(old, CONTEXT) == keys.unwrap(moved, CONTEXT) == DATA_KEY
        with pytest.raises(KeyRefused):
            keys.rewrap(old, b"another object")

    def test_the_tenth_key_of_a_year_is_newer_than_the_ninth(self, keys: KeyProvider):
        ids = [keys.rotate("FR", 2026) for _ in range(11)]
        assert len(set(ids)) == 11
        assert keys.wrap("FR", DATA_KEY, CONTEXT).key_id == ids[-1]

    def test_what_a_destroyed_key_wrapped_never_opens_again(self, keys: KeyProvider):
        first = keys.create("FR", 2026)
        lost = keys.wrap("FR", DATA_KEY, CONTEXT)
        second = keys.rotate("FR", 2026)
        kept = keys.wrap("FR", DATA_KEY, CONTEXT)
        keys.destroy(first)
        keys.destroy(first)
        with pytest.raises(KeyMissing, match="FR"):
            keys.unwrap(lost, CONTEXT)
        assert keys.unwrap(kept, CONTEXT) == DATA_KEY
        keys.destroy(second)
        assert not keys.has("FR")
        assert keys.countries() == frozenset()
        with pytest.raises(KeyMissing, match="FR"):
            keys.wrap("FR", DATA_KEY, CONTEXT)

    def test_the_id_of_a_destroyed_key_is_never_given_again(self, keys: KeyProvider):
        first = keys.create("FR", 2026)
        lost = keys.wrap("FR", DATA_KEY, CONTEXT)
        keys.destroy(first)
        with pytest.raises(KeyExists):
            keys.create("FR", 2026)
        assert keys.rotate("FR", 2026) != first
        with pytest.raises(KeyMissing):
            keys.unwrap(lost, CONTEXT)

    def test_destroying_a_key_that_never_was_is_said(self, keys: KeyProvider):
        with pytest.raises(KeyMissing, match="FR"):
            keys.destroy("FR-2026-1")
        with pytest.raises(KeyRefused):
            keys.destroy("../FR-2026-1")

    @pytest.mark.parametrize("country", ["", "F", "fr", "FRAN", "F1", "../", "FR\n"])
    def test_what_is_no_country_code_is_an_error_of_the_caller(self, keys: KeyProvider, country: str):
        for act in (
            keys.has,
            lambda country: keys.create(country, 2026),
            lambda country: keys.rotate(country, 2026),
            lambda country: keys.wrap(country, DATA_KEY, CONTEXT),
        ):
            with pytest.raises(ValueError, match="country code"):
                act(country)

    def test_what_is_no_year_or_data_key_is_an_error_of_the_caller(self, keys: KeyProvider):
        for year in (26, 20260, -2026):
            with pytest.raises(ValueError, match="year"):
                keys.create("FR", year)
        keys.create("FR", 2026)
        for data_key in (b"", bytes(16), bytes(33)):
            with pytest.raises(ValueError, match="32 bytes"):
                keys.wrap("FR", data_key, CONTEXT)
