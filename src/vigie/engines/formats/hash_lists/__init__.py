"""Lists of known media: what kind a file is, told by its content, and its entries one by one."""

from vigie.engines.formats.hash_lists.entries import (
    ListEntry,
    ListFault,
    ListKind,
    ListRecord,
    ListRefused,
    ListWithdrawal,
)
from vigie.engines.formats.hash_lists.reading import detect, read_list

__all__ = [
    "ListEntry",
    "ListFault",
    "ListKind",
    "ListRecord",
    "ListRefused",
    "ListWithdrawal",
    "detect",
    "read_list",
]
