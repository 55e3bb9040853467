"""What every blob store promises. A store's own tests inherit this class and give it a `store`."""

import os
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vigie.backends.blobs import BlobExists, BlobMissing, BlobNameRefused, BlobStore

NAME = "0123456789abcdef" * 4
OTHER = "0123456789abcdee" * 4


class BlobStoreContract:
    """Inherit, and give a fixture `store`: an empty store."""

    def test_an_object_reads_back_as_it_was_put(self, store: BlobStore):
        assert store.put(NAME, [b"sealed ", b"", b"bytes"]) == 12
        assert store.get(NAME) == b"sealed bytes"
        with store.open(NAME) as file:
            file.seek(7)
            assert file.read(3) == b"byt"
            assert file.seek(0, os.SEEK_END) == 12

    def test_an_object_of_nothing_is_an_object(self, store: BlobStore):
        assert store.put(NAME, []) == 0
        assert store.exists(NAME)
        assert store.get(NAME) == b""

    @settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(chunks=st.lists(st.binary(max_size=70_000), max_size=4))
    def test_any_bytes_in_any_pieces_read_back(self, store: BlobStore, chunks: list[bytes]):
        name = os.urandom(32).hex()
        store.put(name, iter(chunks))
        assert store.get(name) == b"".join(chunks)

    def test_a_name_is_taken_once_and_what_is_there_stays(self, store: BlobStore):
        store.put(NAME, [b"first"])
        with pytest.raises(BlobExists):
            store.put(NAME, [b"second"])
        assert store.get(NAME) == b"first"

    def test_of_many_writers_of_one_name_exactly_one_wins_and_is_whole(self, store: BlobStore):
        outcomes: list[bytes | None] = []
        ready = threading.Barrier(8)

        def write(mark: int) -> None:
            ready.wait()
            data = bytes([mark]) * 100_000
            try:
                store.put(NAME, [data])
                outcomes.append(data)
            except BlobExists:
                outcomes.append(None)

        writers = [threading.Thread(target=write, args=(mark,)) for mark in range(8)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        winners = [data for data in outcomes if data is not None]
        assert (len(outcomes), len(winners)) == (8, 1)
        assert store.get(NAME) == winners[0]

    def test_a_missing_object_is_said_to_be_missing(self, store: BlobStore):
        assert not store.exists(NAME)
        with pytest.raises(BlobMissing, match=NAME):
            store.get(NAME)
        with pytest.raises(BlobMissing, match=NAME):
            store.open(NAME)

    def test_a_deleted_object_is_gone_and_deleting_again_is_no_error(self, store: BlobStore):
        store.put(NAME, [b"once"])
        store.put(OTHER, [b"stays"])
        store.delete(NAME)
        store.delete(NAME)
        assert not store.exists(NAME)
        assert list(store.names()) == [OTHER]
        store.put(NAME, [b"anew"])
        assert store.get(NAME) == b"anew"

    def test_deleting_what_never_was_is_no_error(self, store: BlobStore):
        store.delete(NAME)

    def test_all_names_are_listed_in_order(self, store: BlobStore):
        names = {os.urandom(32).hex() for _ in range(40)} | {NAME, OTHER}
        for name in names:
            store.put(name, [b"x"])
        assert list(store.names()) == sorted(names)

    @pytest.mark.parametrize(
        "name",
        [
            "",
            "0123",
            "0123456789ABCDEF",
            "../" * 6,
            "0123456789abcde/",
            "0123456789abcdeg",
            "0123456789abcdef\n",
            "٠١٢٣٤٥٦٧٨٩٠١٢٣٤٥",
            "a" * 129,
        ],
    )
    def test_names_that_are_not_lower_case_hexadecimal_are_refused(self, store: BlobStore, name: str):
        for act in (store.get, store.open, store.delete, store.exists, lambda name: store.put(name, [b"x"])):
            with pytest.raises(BlobNameRefused):
                act(name)
        assert list(store.names()) == []

    def test_a_source_that_fails_half_way_leaves_no_object(self, store: BlobStore):
        def chunks():
            yield b"x" * 100_000
            raise ConnectionResetError("the line was cut")

        with pytest.raises(ConnectionResetError):
            store.put(NAME, chunks())
        assert not store.exists(NAME)
        assert list(store.names()) == []
        store.put(NAME, [b"the second try"])
        assert store.get(NAME) == b"the second try"
