"""Sealed objects: Tink's AES256-GCM-HKDF-1MB wire format, read and written both ways."""

import io
import os
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tink import BinaryKeysetReader, cleartext_keyset_handle, streaming_aead
from tink.proto import aes_gcm_hkdf_streaming_pb2, common_pb2, tink_pb2

from vigie.engines import sealing
from vigie.engines.sealing import (
    SealBroken,
    SealedReader,
    commitment,
    is_committed,
    seal,
    seal_bytes,
    unseal,
    unseal_bytes,
)

KEY = bytes(range(32))
ASSOCIATED = b"object 1 | owner A | key 2026"
SEGMENT = 1 << 20
FIRST, FULL = SEGMENT - 16 - 40, SEGMENT - 16
SIZES = [
    0,
    1,
    4095,
    FIRST - 1,
    FIRST,
    FIRST + 1,
    FIRST + FULL - 1,
    FIRST + FULL,
    FIRST + FULL + 1,
    FIRST + 2 * FULL,
]
PLAIN = random.Random(7).randbytes(FIRST + 2 * FULL + 1)


@pytest.fixture(scope="module")
def tink():
    """Return Tink's own streaming cipher under the same key."""
    streaming_aead.register()
    parameters = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingParams(
        ciphertext_segment_size=SEGMENT, derived_key_size=32, hkdf_hash_type=common_pb2.SHA256
    )
    key = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingKey(version=0, params=parameters, key_value=KEY)
    data = tink_pb2.KeyData(
        type_url="type.googleapis.com/google.crypto.tink.AesGcmHkdfStreamingKey",
        value=key.SerializeToString(),
        key_material_type=tink_pb2.KeyData.SYMMETRIC,
    )
    entry = tink_pb2.Keyset.Key(
        key_data=data, status=tink_pb2.ENABLED, key_id=1, output_prefix_type=tink_pb2.RAW
    )
    keyset = tink_pb2.Keyset(primary_key_id=1, key=[entry])
    handle = cleartext_keyset_handle.read(BinaryKeysetReader(keyset.SerializeToString()))
    return handle.primitive(streaming_aead.StreamingAead)


class Kept(io.BytesIO):
    """A file whose bytes can still be had after it was closed."""

    def close(self) -> None:
        self.kept = self.getvalue()
        super().close()


@pytest.mark.parametrize("size", SIZES)
def test_tink_opens_what_we_seal(tink, size):
    sealed = seal_bytes(PLAIN[:size], KEY, ASSOCIATED)
    with tink.new_decrypting_stream(io.BytesIO(sealed), ASSOCIATED) as opened:
        assert opened.read() == PLAIN[:size]


@pytest.mark.parametrize("size", SIZES)
def test_we_open_what_tink_seals(tink, size):
    out = Kept()
    with tink.new_encrypting_stream(out, ASSOCIATED) as stream:
        stream.write(PLAIN[:size])
    assert len(out.kept) == len(seal_bytes(PLAIN[:size], KEY, ASSOCIATED))
    assert unseal_bytes(out.kept, KEY, ASSOCIATED) == PLAIN[:size]
    assert SealedReader(io.BytesIO(out.kept), KEY, ASSOCIATED).read(0, size + 9) == PLAIN[:size]


def test_the_same_bytes_are_never_sealed_alike():
    assert seal_bytes(b"twice", KEY, b"") != seal_bytes(b"twice", KEY, b"")


class Trickle(io.BytesIO):
    """A pipe: gives at most a few bytes at a time."""

    def read(self, count=-1, /):
        return super().read(min(count, 300_001))


@pytest.mark.parametrize("size", SIZES)
def test_a_pipe_that_gives_little_at_a_time_is_sealed_and_unsealed_alike(size):
    sealed, opened = io.BytesIO(), io.BytesIO()
    seal(Trickle(PLAIN[:size]), sealed, KEY, ASSOCIATED)
    unseal(Trickle(sealed.getvalue()), opened, KEY, ASSOCIATED)
    assert opened.getvalue() == PLAIN[:size]


SEALED = {size: seal_bytes(PLAIN[:size], KEY, ASSOCIATED) for size in (0, 1000, FIRST, FIRST + FULL + 1)}


def refused(sealed: bytes, key: bytes = KEY, associated: bytes = ASSOCIATED) -> None:
    """Show that no way of opening gives the whole, and that none gives a byte that was not sealed."""
    with pytest.raises(SealBroken):
        unseal_bytes(sealed, key, associated)
    out = io.BytesIO()
    with pytest.raises(SealBroken):
        unseal(io.BytesIO(sealed), out, key, associated)
    assert PLAIN.startswith(out.getvalue())
    with pytest.raises(SealBroken):
        SealedReader(io.BytesIO(sealed), key, associated).read(0, len(PLAIN))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(SEALED)), st.data())
def test_one_flipped_bit_anywhere_is_refused(size, data):
    sealed = bytearray(SEALED[size])
    ends = [0, 1, 33, 40, len(sealed) - 1, *range(SEGMENT, len(sealed), SEGMENT)]
    place = data.draw(st.one_of(st.integers(0, len(sealed) - 1), st.sampled_from(ends))) % len(sealed)
    sealed[place] ^= 1 << data.draw(st.integers(0, 7))
    refused(bytes(sealed))


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(SEALED)), st.data())
def test_a_cut_anywhere_is_refused(size, data):
    sealed = SEALED[size]
    refused(sealed[: data.draw(st.integers(0, len(sealed) - 1))])


@pytest.mark.parametrize("segments", [1, 2])
def test_a_cut_exactly_on_a_segment_edge_is_refused(segments):
    refused(SEALED[FIRST + FULL + 1][: segments * SEGMENT])
    refused(SEALED[FIRST + FULL + 1] + b"\x00")


def test_segments_exchanged_or_repeated_are_refused():
    sealed = seal_bytes(PLAIN[: FIRST + 2 * FULL], KEY, ASSOCIATED)
    first, second, third = (sealed[start : start + SEGMENT] for start in range(0, len(sealed), SEGMENT))
    refused(first + third + second)
    refused(first + second + second + third)
    refused(first + third)


def test_objects_exchanged_are_refused():
    one = seal_bytes(b"of object 1", KEY, b"object 1 | owner A | key 2026")
    two = seal_bytes(b"of object 2", KEY, b"object 2 | owner A | key 2026")
    refused(two, associated=b"object 1 | owner A | key 2026")
    refused(one, associated=b"")
    refused(one[:40] + two[40:], associated=b"object 1 | owner A | key 2026")


def test_another_key_opens_nothing_and_a_misshapen_key_is_an_error_of_the_caller():
    refused(SEALED[1000], key=bytes(32))
    for short in (b"", bytes(16), bytes(33)):
        with pytest.raises(ValueError, match="32 bytes"):
            seal_bytes(b"", short, b"")
        with pytest.raises(ValueError, match="32 bytes"):
            unseal_bytes(SEALED[1000], short, ASSOCIATED)


def test_nothing_of_a_segment_comes_out_before_its_tag_was_checked():
    sealed = bytearray(SEALED[FIRST + FULL + 1])
    sealed[SEGMENT + 5] ^= 1  # in the second segment
    out = io.BytesIO()
    with pytest.raises(SealBroken, match="segment 1"):
        unseal(io.BytesIO(bytes(sealed)), out, KEY, ASSOCIATED)
    assert out.getvalue() == PLAIN[:FIRST]
    reader = SealedReader(io.BytesIO(bytes(sealed)), KEY, ASSOCIATED)
    assert reader.read(0, FIRST) == PLAIN[:FIRST]
    with pytest.raises(SealBroken, match="segment 1"):
        reader.read(FIRST - 1, 2)
    assert reader.read(FIRST + FULL, 1) == PLAIN[FIRST + FULL : FIRST + FULL + 1]


READERS = {
    size: SealedReader(io.BytesIO(seal_bytes(PLAIN[:size], KEY, ASSOCIATED)), KEY, ASSOCIATED)
    for size in (0, 1000, FIRST, FIRST + 1, FIRST + 2 * FULL + 1)
}


@settings(deadline=None)
@given(st.sampled_from(sorted(READERS)), st.data())
def test_any_part_reads_as_it_stands_in_the_whole(size, data):
    edges = st.sampled_from([0, FIRST - 1, FIRST, FIRST + 1, FIRST + FULL, size])
    offset = data.draw(st.one_of(st.integers(0, size + 10), edges))
    length = data.draw(st.one_of(st.integers(0, 100), edges))
    assert READERS[size].size == size
    assert READERS[size].read(offset, length) == PLAIN[:size][offset : offset + length]


def test_a_part_before_the_beginning_is_an_error_of_the_caller():
    for offset, length in ((-1, 5), (0, -1)):
        with pytest.raises(ValueError, match="counted from 0"):
            READERS[1000].read(offset, length)


def test_a_file_that_shrinks_under_a_reader_is_refused():
    file = io.BytesIO(SEALED[FIRST + FULL + 1])
    reader = SealedReader(file, KEY, ASSOCIATED)
    file.truncate(SEGMENT + 100)
    with pytest.raises(SealBroken, match="segment 1"):
        reader.read(FIRST, 10)


def test_a_commitment_fits_one_key_and_tells_nothing_of_it():
    key = os.urandom(32)
    assert is_committed(key, commitment(key))
    assert not is_committed(os.urandom(32), commitment(key))
    assert len(commitment(key)) == 32
    assert key not in commitment(key)


def test_a_key_does_not_show_in_a_repr():
    assert "cipher" not in repr(sealing.segments.Segments.fresh(KEY, b""))
