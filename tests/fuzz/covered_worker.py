"""The program's confined worker, whose decoders note the blocks of their code: `python covered_worker.py ROLE LIMITS "" SETUP`.

Started by the fuzzer only. The decoders are loaded and used once as ever, then the traps are set (`blocks.c`), then the
same walls close: from there on it is the program's worker. Its decoders' code can be written to, which in the program
it cannot: that makes an escape easier, and shows it sooner. Imports nothing of the tests: they are not in its path.
"""

import array
import ctypes
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from vigie.engines.imaging import worker


def main(arguments: list[str]) -> int:
    """Serve as the worker does, with the traps that the setup names."""
    *given, setup = arguments
    worker._load = _covered(worker._load, json.loads(Path(setup).read_text()))
    return worker.main(given)


def _covered(load: Callable[..., Any], setup: dict[str, Any]) -> Callable[..., Any]:
    def loaded(*arguments: Any) -> Any:
        handlers = load(*arguments)
        set_traps(setup)
        return handlers

    return loaded


def set_traps(setup: dict[str, Any]) -> None:
    """Every object of the setup that this process has loaded notes its blocks from now on; OSError where it cannot."""
    shim = ctypes.CDLL(setup["shim"])
    shim.cover.argtypes = (ctypes.c_char_p, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_uint32)
    _done(shim.share(setup["shared"].encode(), ctypes.c_uint32(setup["blocks"])))
    for index, one in enumerate(setup["objects"]):
        starts = array.array("I", Path(one["table"]).read_bytes())
        _kept_for_ever.append(starts)
        address, count = starts.buffer_info()
        if _done(shim.cover(one["name"].encode(), address, count, one["first"])):
            shim.tell_loaded(ctypes.c_uint32(index))


_kept_for_ever: list[Any] = []
"""Tables the shim looks into whenever a trap is met."""


def _done(answer: int) -> int:
    if answer < 0:
        raise OSError(-answer, f"the traps cannot be set: {os.strerror(-answer)}")
    return answer


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
