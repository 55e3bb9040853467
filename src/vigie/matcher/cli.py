"""`vigie matcher`: the process that answers look-ups of known media."""

import logging

from vigie.config.schema import load_settings
from vigie.matcher.process import run


def matcher() -> None:
    """Answer look-ups of known media until stopped. `vigie up` starts it; nobody else needs to."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s", level=logging.WARNING)
    settings = load_settings()
    run(settings, longest_delay=settings.match_delay_seconds)
