"""Memory ordering for data that crosses processes or enters the audio callback without a lock.

NumPy stores are plain machine stores: x86-64 keeps their order, other processors need not. `fence()` orders them on
all, from Python and from compiled code.
"""

from typing import Any

from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic


@intrinsic
def _fence(typingctx: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return types.void(), codegen


@njit(nogil=True, cache=True)
def fence() -> None:
    """Order every memory access before this call before every one after it."""
    _fence()  # type: ignore[call-arg]


@intrinsic
def _address_to_pointer(typingctx: Any, address: Any) -> Any:

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], cgutils.voidptr_t)

    return types.voidptr(address), codegen


# The compiler supplies the first argument, which a type checker can't know.
address_to_pointer: Any = _address_to_pointer
"""Turns an integer address into a void pointer for `numba.carray` (compiled code only)."""
