"""Writes of matching: answers on the asker's side, notices on the owner's, verdicts on both, known lists, look-ups."""

from vigie.rooms.matching.operations.answers import match_contents, record_answers
from vigie.rooms.matching.operations.asked import export_asked
from vigie.rooms.matching.operations.canaries import (
    plant_canaries,
    raise_alarm,
    retire_canary,
    touch_canaries,
)
from vigie.rooms.matching.operations.handling import follow_handling
from vigie.rooms.matching.operations.list_hits import deliver_list_hit, discard_list_hit
from vigie.rooms.matching.operations.lists import add_known_list, withdraw_known_list
from vigie.rooms.matching.operations.lookups import (
    Place,
    ToKeep,
    look_up_hashes,
    look_up_released,
    look_up_to_keep,
)
from vigie.rooms.matching.operations.notices import deliver_notice, discard_delivery
from vigie.rooms.matching.operations.quota import DailyLimits, QuotaSpent
from vigie.rooms.matching.operations.releases import (
    LARGE_RELEASE,
    case_as_it_is,
    propose_release,
    release_in_words,
    release_lookups,
    release_proposed,
    revoke_release,
)
from vigie.rooms.matching.operations.unusual import (
    export_unusual,
    record_unusual_people,
    record_unusual_units,
)
from vigie.rooms.matching.operations.verdicts import ask_owner, give_verdict, mark_seen, undo_verdict
from vigie.rooms.matching.operations.withdrawing import (
    close_withdrawal,
    drop_matches,
    forget_fingerprints,
    match_withdrawn,
    remove_delivery,
    withdraw_match,
)

__all__ = [
    "LARGE_RELEASE",
    "DailyLimits",
    "Place",
    "QuotaSpent",
    "ToKeep",
    "add_known_list",
    "ask_owner",
    "case_as_it_is",
    "close_withdrawal",
    "deliver_list_hit",
    "deliver_notice",
    "discard_delivery",
    "discard_list_hit",
    "drop_matches",
    "export_asked",
    "export_unusual",
    "follow_handling",
    "forget_fingerprints",
    "give_verdict",
    "look_up_hashes",
    "look_up_released",
    "look_up_to_keep",
    "mark_seen",
    "match_contents",
    "match_withdrawn",
    "plant_canaries",
    "propose_release",
    "raise_alarm",
    "record_answers",
    "record_unusual_people",
    "record_unusual_units",
    "release_in_words",
    "release_lookups",
    "release_proposed",
    "remove_delivery",
    "retire_canary",
    "revoke_release",
    "touch_canaries",
    "undo_verdict",
    "withdraw_known_list",
    "withdraw_match",
]
