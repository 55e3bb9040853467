"""How this package compiles: typed as the function it is given, no global lock held, kept on disk between starts.

The compiled code is kept in the folder NUMBA_CACHE_DIR names, which the caller sets before the first import.
"""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import numba
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

_P = ParamSpec("_P")
_R = TypeVar("_R")


def compiled(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Return the function compiled for this processor on its first call, or read from the cache of an earlier one."""
    return cast("Callable[_P, _R]", numba.njit(nogil=True, cache=True, boundscheck=False)(function))


@compiled
def whole(number: Any) -> int:
    """Return the number as a signed one of 64 bits, which is what places are counted in."""
    return int(number)


def _ones(_context: Any, word: Any) -> Any:  # pragma: no cover - runs within the compiler, or not when cached
    def build(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(word), build


def _prefetch(_context: Any, array: Any, place: Any) -> Any:  # pragma: no cover - as above
    def build(target: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        whole = target.make_array(signature.args[0])(target, builder, arguments[0])
        byte = ir.IntType(8).as_pointer()
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        ask = _declared(builder.module, kind, "llvm.prefetch.p0")
        address = builder.bitcast(builder.gep(whole.data, [arguments[1]]), byte)
        # to read, into the innermost cache, as data: https://llvm.org/docs/LangRef.html#llvm-prefetch-intrinsic
        builder.call(ask, [address, number(0), number(3), number(1)])
        return target.get_dummy_value()

    return types.void(array, types.intp if isinstance(place, types.Integer) else place), build


_declared: Callable[..., Any] = cast("Callable[..., Any]", cgutils.get_or_insert_function)

ones = cast("Callable[[Any], int]", intrinsic(_ones))
"""Compiled: how many bits of a 64-bit word are 1."""

prefetch = cast("Callable[[Any, Any], None]", intrinsic(_prefetch))
"""Compiled: the array's element at this place is asked for; what is asked for past its end harms nothing."""
