"""Writes of matching: answers on the asker's side, notices on the owner's, verdicts on both, known lists, look-ups."""

from vigie.rooms.matching.operations.answers import match_contents, record_answers
from vigie.rooms.matching.operations.lists import add_known_list, withdraw_known_list
from vigie.rooms.matching.operations.lookups import Place, look_up_hashes, look_up_released
from vigie.rooms.matching.operations.notices import deliver_notice, discard_delivery
from vigie.rooms.matching.operations.quota import DailyLimits, QuotaSpent
from vigie.rooms.matching.operations.releases import release_lookups, revoke_release
from vigie.rooms.matching.operations.verdicts import ask_owner, give_verdict, mark_seen, undo_verdict
from vigie.rooms.matching.operations.withdrawing import (
    close_withdrawal,
    drop_matches,
    forget_fingerprints,
    remove_delivery,
    withdraw_match,
)

__all__ = [
    "DailyLimits",
    "Place",
    "QuotaSpent",
    "add_known_list",
    "ask_owner",
    "close_withdrawal",
    "deliver_notice",
    "discard_delivery",
    "drop_matches",
    "forget_fingerprints",
    "give_verdict",
    "look_up_hashes",
    "look_up_released",
    "mark_seen",
    "match_contents",
    "record_answers",
    "release_lookups",
    "remove_delivery",
    "revoke_release",
    "undo_verdict",
    "withdraw_known_list",
    "withdraw_match",
]
