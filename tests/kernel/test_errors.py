"""Failures that know their status, their problem type, their exit code and their words."""

import pytest

from vigie.kernel import errors
from vigie.kernel.errors import Conflict, GuardMissing, Invalid, NotFound, Refused, StepUpNeeded, VigieError
from vigie.kernel.operation import refusal
from vigie.kernel.permissions import Permission
from vigie.kernel.policy import Reason

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, VigieError)]


def test_each_kind_has_a_status_a_type_of_its_own_and_a_title() -> None:
    assert len(KINDS) == 9
    assert len({kind.problem for kind in KINDS}) == len(KINDS)
    assert all(400 <= kind.status < 600 and kind.exit_code > 0 and str(kind.title) for kind in KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_without_words_the_title_speaks(kind: type[VigieError]) -> None:
    assert str(kind()) == str(kind.title)
    assert (kind().detail, kind().code) == ("", kind.problem)
    assert str(kind("what happened", code="x")) == kind("what happened").detail == "what happened"
    assert kind("what happened", code="x").code == "x"


def test_absent_and_hidden_are_one_failure_without_words() -> None:
    assert (NotFound.status, str(NotFound()), NotFound().detail) == (404, "Not found", "")


def test_the_exit_codes_are_those_of_the_command_lines_contract() -> None:
    codes = {kind: kind.exit_code for kind in (Invalid, NotFound, Conflict, Refused, errors.NotSignedIn)}
    assert codes == {Invalid: 2, errors.NotSignedIn: 3, NotFound: 4, Conflict: 5, Refused: 8}
    assert errors.Unavailable.exit_code == 7


def test_a_refusal_carries_the_policys_reason_and_the_act() -> None:
    for reason in Reason:
        error = refusal(reason, Permission.MEDIA_CLEAR_VIEW)
        assert isinstance(error, StepUpNeeded) is (reason is Reason.STEP_UP)
        assert (error.code, error.permission) == (reason.value, Permission.MEDIA_CLEAR_VIEW)


def test_a_missing_guard_is_a_mistake_of_ours_and_no_persons() -> None:
    assert not issubclass(GuardMissing, VigieError)
