"""The matcher process: reads everything, then listens until it is told to stop."""

import signal
import threading
from types import FrameType
from typing import Final

from vigie.backends.known.address import CHANNEL_SECRET, make_socket_path, remove_socket
from vigie.backends.known.messages import WHOLE, Shard
from vigie.backends.known.port import MatcherUnavailable
from vigie.config.collecting import spare_what_is_loaded
from vigie.config.home import ensure_secret, home_of
from vigie.config.problems import SetupProblem
from vigie.config.schema import Settings
from vigie.matcher.answering import Keys
from vigie.matcher.compiling import compile_once
from vigie.matcher.gate import Gate
from vigie.matcher.server import MatcherServer
from vigie.matcher.service import LONGEST_DELAY_SECONDS, Matcher
from vigie.matcher.truth import Truth, TruthLost

ANSWER_SECRET: Final = "matcher-answers"  # noqa: S105 - the name under which the home keeps it
"""Makes answer keys and pair ids. Only the matcher reads it; a new one would make every old answer look new."""


def run(settings: Settings, *, shard: Shard = WHOLE, longest_delay: float = LONGEST_DELAY_SECONDS) -> None:
    """The matcher answered on this home's socket until SIGTERM or SIGINT came; the socket is gone.

    The socket appears once everything was read, so that whoever can connect gets whole answers. `longest_delay` is the
    most seconds an owner waits to be told of a hit. A shard has a home of its own, beside the same database. Raises SetupProblem when the database does not answer.
    """
    home = home_of(settings)
    keys = Keys(ensure_secret(home, ANSWER_SECRET).encode("ascii"))
    channel = ensure_secret(home, CHANNEL_SECRET).encode("ascii")
    compile_once(home)
    truth = Truth(settings, shard)
    matcher = Matcher(truth, keys, home.index / "known", gate=Gate(shard=shard), longest_delay=longest_delay)
    try:
        matcher.refresh()
    except (MatcherUnavailable, TruthLost, OSError) as error:
        raise SetupProblem(
            f"The matcher could not read what it searches: {error}.",
            safe="Nothing was changed; the index is made from the database and cannot be lost.",
            remedy="Check that the database runs and was migrated; `vigie doctor` says more.",
        ) from error
    try:
        with MatcherServer(make_socket_path(home), channel, matcher) as server:
            _stop_on_signals(server)
            spare_what_is_loaded()
            server.serve_forever(poll_interval=0.1)
    finally:
        matcher.close()
        remove_socket(home)


def _stop_on_signals(server: MatcherServer) -> None:
    def stop(number: int, frame: FrameType | None) -> None:
        _ = number, frame
        # `shutdown` waits for the loop it is called from: it needs a thread of its own
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
