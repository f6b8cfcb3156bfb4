"""A world as a file of parts, and back: its arrays as they lie in memory, the rest as a pickle.

So whatever attribute the classes of this room get is kept, or refused loudly by the pickler. What
comes back can be nothing but objects of this engine and of the few types listed here.
"""

from __future__ import annotations

import io
import pickle
from typing import Any

from pyroaring import BitMap
from typing_extensions import override

from carpel.storage.parts import Damaged, Parts, PartsWriter

# Smaller arrays lie in the pickle itself.
_SMALL = 1 << 16

_ROOM = "carpel.engine."
_OTHERS = {
    ("builtins", "set"),
    ("builtins", "frozenset"),
    ("builtins", "bytearray"),
    ("builtins", "slice"),
    ("collections", "Counter"),
    ("collections", "OrderedDict"),
    ("collections", "defaultdict"),
    ("collections", "deque"),
    ("decimal", "Decimal"),
    ("fractions", "Fraction"),
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
}
# The names under which NumPy makes arrays again; they have moved once.
_OF_NUMPY = {"_frombuffer", "_reconstruct", "scalar"}


class _Pickler(pickle.Pickler):
    @override
    def reducer_override(self, obj: Any) -> Any:
        """Bitmaps as bytes that lie outside; everything else as it is."""
        if type(obj) is BitMap:
            return _bitmap, (pickle.PickleBuffer(obj.serialize()),)
        return NotImplemented


class _Unpickler(pickle.Unpickler):
    @override
    def find_class(self, module: str, name: str) -> Any:
        if module.startswith(_ROOM):
            found = super().find_class(module, name)
            if "." not in name and getattr(found, "__module__", None) == module:
                return found
        if (module, name) in _OTHERS or (module.startswith("numpy.") and name in _OF_NUMPY):
            return super().find_class(module, name)
        raise Damaged(f"{module}.{name} has no place in it")


def put(kept: Any, writer: PartsWriter) -> tuple[int, list[int]]:
    """Write what is kept; returns the numbers of its pickle's part and of its arrays' parts.

    Each array is written from where it lies, and each bitmap when its turn comes.
    """
    arrays: list[int] = []

    def outside(buffer: pickle.PickleBuffer) -> bool:
        with buffer.raw() as raw:
            if raw.nbytes < _SMALL:
                return True
            arrays.append(writer.add(raw))
        buffer.release()  # the pickler remembers it until the end
        return False

    stream = io.BytesIO()
    _Pickler(stream, 5, buffer_callback=outside).dump(kept)
    with stream.getbuffer() as body:
        return writer.add(body), arrays


def get(parts: Parts, body: int, arrays: list[int]) -> Any:
    """What was kept.

    Raises:
        Damaged: it cannot be read.
    """
    (pickled,) = parts.read([body])
    buffers = parts.read(arrays)
    try:
        return _Unpickler(io.BytesIO(pickled.data), buffers=buffers).load()
    except Damaged:
        raise
    except Exception as error:
        raise Damaged(f"{type(error).__name__}: {error}") from error


def _bitmap(serialized: Any) -> BitMap:
    found: BitMap = BitMap.deserialize(bytes(serialized))
    return found
