"""The confined process: `python -m vigie.engines.imaging.worker ROLE LIMITS [OUTER LAYER]`, started by the pool only.

It loads its decoders, uses each once, shuts itself in, tests that it is shut in, says so, and then answers requests
from its standard input on its standard output. It never starts to serve when any of this fails.
"""

import os
import sys
from collections.abc import Mapping
from contextlib import suppress

from vigie.engines.imaging.confinement import ConfinementFailed, lock_down, why_unsupported
from vigie.engines.imaging.limits import Limits
from vigie.engines.imaging.protocol.messages import Asked, Status
from vigie.engines.imaging.refusals import MediaRefused, RefusalCode
from vigie.engines.imaging.roles import Role
from vigie.engines.imaging.serving import Handler, refusal, serve, write_answer


def main(arguments: list[str]) -> int:  # pragma: no cover - runs shut in, where nothing can be recorded
    """Serve until the parent closes the pipe and return 0; return 1 after telling why this process must not serve."""
    role, limits = Role(arguments[0]), Limits.from_argument(arguments[1])
    outer_layer = arguments[2] if len(arguments) > 2 else ""
    requests, answers = _private_pipes()
    try:
        handlers, layers = _shut_in(role, limits, outer_layer)
    except ConfinementFailed as failed:
        refused = MediaRefused(RefusalCode.UNSUPPORTED_HERE, str(failed))
        write_answer(answers, Status.REFUSED, refusal(refused))
        return 1
    write_answer(answers, Status.DONE, "\n".join(layers).encode())
    with suppress(BrokenPipeError):
        serve(requests, answers, handlers, most_bytes=limits.file_bytes)
    return 0


def _private_pipes() -> tuple[int, int]:  # pragma: no cover - the same
    """Return the pipes under numbers no library writes to; the usual numbers lead nowhere from here on."""
    requests, answers = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for usual in (0, 1):
        os.dup2(nowhere, usual)
    os.close(nowhere)
    return requests, answers


def _shut_in(  # pragma: no cover - the same
    role: Role, limits: Limits, outer_layer: str
) -> tuple[Mapping[Asked, Handler], tuple[str, ...]]:
    if reason := why_unsupported():
        raise ConfinementFailed(reason)
    handlers = _load(role, limits)
    os.dup2(1, 2)  # what a decoder complains about goes nowhere; until here it would tell why a start failed
    layers = lock_down(
        address_space=limits.address_space, cpu_seconds=limits.lifetime_cpu_seconds, outer_layer=outer_layer
    )
    return handlers, layers


def _load(role: Role, limits: Limits) -> Mapping[Asked, Handler]:
    """Import and warm up what a role needs: a worker never carries the decoders of another."""
    if role == Role.PICTURES:
        from vigie.engines.imaging.decoding import picture_handlers

        return picture_handlers.load(limits)
    if role == Role.FILMS:
        from vigie.engines.imaging.decoding import film_handlers

        return film_handlers.load(limits)
    from vigie.engines.imaging.decoding import encoder_handlers

    return encoder_handlers.load(limits)


if __name__ == "__main__":  # pragma: no cover - the same
    sys.exit(main(sys.argv[1:]))
