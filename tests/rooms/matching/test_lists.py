"""Known lists: what is harmless stays out of sight, unless another list says that it matters."""

import dataclasses
import hashlib
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from factories.actors import investigator
from factories.cases import borellian
from vigie.engines.formats.hash_lists import ListEntry, ListFault, ListRecord, ListWithdrawal, read_list
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.errors import Conflict, NotFound, Refused
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Role
from vigie.rooms.matching import operations, queries
from vigie.rooms.matching.schemas import Digests, KnownListAdded, KnownState, ListRole

pytestmark = pytest.mark.usefixtures("database")


def supervisor(of: Actor | None = None) -> Actor:
    return dataclasses.replace(of or investigator(), roles=frozenset({Role.SUPERVISOR}))


def digests(data: bytes) -> Digests:
    return Digests(
        sha256=hashlib.sha256(data).digest(),
        sha1=hashlib.sha1(data).digest(),
        md5=hashlib.md5(data).digest(),
        size=len(data),
    )


def entry(data: bytes, *names: str, item: str = "1") -> ListEntry:
    known = {name: getattr(digests(data), name) for name in names}
    return ListEntry(item=item, category="2", series="S-1", **known)


def load(
    actor: Actor, role: ListRole, entries: Iterable[ListRecord], *, name: str = "list", version: str = "1"
) -> KnownListAdded:
    with act_as(actor, clock=utc_now):
        return operations.add_known_list(
            actor,
            name=name,
            source="national bureau",
            version=version,
            role=role,
            entries=entries,
            legal_basis="act-12",
        )


def known(actor: Actor, data: bytes) -> KnownState | None:
    with act_as(actor, clock=utc_now):
        return queries.known_for(actor, {"it": digests(data)}).get("it")


@pytest.mark.parametrize(
    ("names", "hidden"),
    [
        (("sha256",), True),
        (("sha1", "md5", "size"), True),
        (("sha1", "md5"), False),
        (("md5", "size"), False),
    ],
)
def test_a_file_is_hidden_by_sha256_or_by_both_weak_digests_and_the_size(
    names: tuple[str, ...], hidden: bool
) -> None:
    boss = supervisor()
    added = load(boss, ListRole.HIDE, [entry(b"harmless", *names)])
    state = known(boss, b"harmless")
    assert (state is not None and state.hidden) is hidden
    assert (added.items, len(added.faults)) == ((1, 0) if hidden else (0, 1))


def test_a_likeness_never_hides() -> None:
    boss = supervisor()
    added = load(boss, ListRole.HIDE, [ListEntry(item="7", pdq=bytes(32))])
    assert added.items == 0
    assert added.faults == ("item 7: hiding needs SHA-256, or MD5 with SHA-1 and the size",)


def test_what_one_list_flags_no_list_hides() -> None:
    boss = supervisor()
    load(boss, ListRole.HIDE, [entry(b"both", "sha256")], name="harmless")
    load(boss, ListRole.FLAG, [entry(b"both", "md5", item="9")], name="wanted")
    state = known(boss, b"both")
    assert state is not None
    assert not state.hidden
    assert [hit.list_name for hit in state.hides] == ["harmless"]
    [flag] = state.flags
    assert (flag.list_name, flag.item, flag.by, flag.category, flag.series) == (
        "wanted",
        "9",
        "md5",
        "2",
        "S-1",
    )


def test_an_unknown_file_is_left_out() -> None:
    boss = supervisor()
    load(boss, ListRole.FLAG, [entry(b"one", "sha256")])
    assert known(boss, b"another") is None


def test_another_unit_s_lists_say_nothing_here() -> None:
    load(supervisor(borellian()), ListRole.HIDE, [entry(b"theirs", "sha256")])
    assert known(supervisor(), b"theirs") is None
    boss = supervisor()
    with act_as(boss, clock=utc_now):
        assert queries.known_lists(boss) == ()


def test_a_withdrawn_list_says_nothing() -> None:
    boss = supervisor()
    added = load(boss, ListRole.HIDE, [entry(b"old", "sha256")])
    with act_as(boss, clock=utc_now):
        operations.withdraw_known_list(boss, added.public_id)
        operations.withdraw_known_list(boss, added.public_id)
        [row] = queries.known_lists(boss)
    assert (row.items, row.withdrawn_at is not None) == (1, True)
    assert known(boss, b"old") is None


def test_what_a_list_takes_back_is_taken_out_of_its_earlier_versions() -> None:
    boss = supervisor()
    load(boss, ListRole.FLAG, [entry(b"a", "sha256", item="a"), entry(b"b", "sha256", item="b")], version="1")
    load(boss, ListRole.FLAG, [entry(b"a", "sha256", item="a")], name="another")
    added = load(boss, ListRole.FLAG, [ListWithdrawal("a")], version="2")
    assert added.withdrawn == 1
    state = known(boss, b"a")
    assert state is not None
    assert [hit.list_name for hit in state.flags] == ["another"]
    assert known(boss, b"b") is not None


def test_a_version_is_added_once() -> None:
    boss = supervisor()
    load(boss, ListRole.FLAG, [])
    with pytest.raises(Conflict):
        load(boss, ListRole.FLAG, [])
    load(boss, ListRole.FLAG, [], version="2")


def test_only_a_supervisor_adds_a_list() -> None:
    with pytest.raises(Refused):
        load(investigator(), ListRole.FLAG, [])


def test_another_unit_s_list_cannot_be_withdrawn() -> None:
    added = load(supervisor(borellian()), ListRole.FLAG, [])
    boss = supervisor()
    with pytest.raises(NotFound), act_as(boss, clock=utc_now):
        operations.withdraw_known_list(boss, added.public_id)


def test_a_long_list_is_stored_as_it_is_read() -> None:
    boss = supervisor()
    held = 0

    def entries() -> Iterator[ListRecord]:
        nonlocal held
        for number in range(4_500):
            held = number
            yield entry(str(number).encode(), "sha256", item=str(number))
        yield from (ListFault(f"line {number}", "no hash") for number in range(30))

    added = load(boss, ListRole.FLAG, entries())
    assert (added.items, len(added.faults), added.more_faults) == (4_500, 20, 10)
    assert held == 4_499
    with act_as(boss, clock=utc_now):
        found = queries.known_for(boss, {number: digests(str(number).encode()) for number in range(5_000)})
    assert len(found) == 4_500


def test_a_list_that_breaks_off_is_not_there_at_all() -> None:
    boss = supervisor()

    def entries() -> Iterator[ListRecord]:
        yield from (entry(str(number).encode(), "sha256", item=str(number)) for number in range(2_500))
        raise OSError("the stick was pulled out")

    with pytest.raises(OSError, match="pulled out"):
        load(boss, ListRole.FLAG, entries())
    assert known(boss, b"1") is None
    with act_as(boss, clock=utc_now):
        assert queries.known_lists(boss) == ()


def test_a_list_file_is_read_by_its_reader(tmp_path: Path) -> None:
    boss = supervisor()
    path = tmp_path / "harmless.txt"
    path.write_text("\n".join(hashlib.sha256(data).hexdigest() for data in (b"x", b"y")) + "\n")
    added = load(boss, ListRole.HIDE, read_list(path))
    state = known(boss, b"y")
    assert added.items == 2
    assert state is not None
    assert state.hidden
    assert isinstance(added.public_id, uuid.UUID)


def test_what_lists_name_is_told_by_sha256_alone_and_only_while_they_are_in_use() -> None:
    boss = supervisor()
    files = {data: digests(data).sha256 or b"" for data in (b"hidden", b"flagged", b"weak", b"old", b"none")}
    load(boss, ListRole.HIDE, [entry(b"hidden", "sha256")], name="h")
    load(boss, ListRole.FLAG, [entry(b"flagged", "sha256"), entry(b"weak", "md5", item="2")], name="f")
    old = load(boss, ListRole.FLAG, [entry(b"old", "sha256")], name="o")
    with act_as(boss, clock=utc_now):
        operations.withdraw_known_list(boss, old.public_id)
        named = queries.listed(boss, list(files.values()))
        alone = queries.known_for(boss, {digest: Digests(sha256=digest) for digest in files.values()})
    assert named == {files[b"hidden"], files[b"flagged"]} == set(alone)
    other = supervisor(borellian())
    with act_as(other, clock=utc_now):
        assert queries.listed(other, list(files.values())) == frozenset()
