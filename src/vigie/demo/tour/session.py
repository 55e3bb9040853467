"""What a browser session remembers of the tour: whether one runs, and how far it came."""

from django.http import HttpRequest

KEY = "vigie_demo_tour"
Remembered = dict[str, int]


def started() -> Remembered:
    """A tour at its beginning."""
    return {"reached": 0}


def read(request: HttpRequest) -> Remembered | None:
    """How far this session's tour came; None when none runs."""
    kept: Remembered | None = request.session.get(KEY)
    return kept


def keep(request: HttpRequest, tour: Remembered | None) -> None:
    """The session remembers this tour; with None, that none runs."""
    if tour is None:
        request.session.pop(KEY, None)
    else:
        request.session[KEY] = tour
