"""Vectors of a processor's width as values in compiled kernels; imports numba, so import it inside functions only.

The compiler turns most loops over arrays into vector instructions by itself. Where it doesn't (minima, many sums at
once) or where the order of a sum must be known to bound its error, a kernel says what it wants in these terms: floats
are `WIDTH` numbers in float32, doubles are `PAIR` numbers in float64; ``+``, ``-`` and ``*`` work lane by lane, in the
order given in functions that are `compiled_in_order`. Arrays are two-dimensional and in C order; a load or store takes
the row and the first column, and must lie within the array: nothing checks it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np
from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model
from numpy.typing import NDArray

WIDTH = 16 if binding.get_host_cpu_features().get("avx512f") else 8
"""Numbers in a vector of float32: one register of the processor."""

PAIR = 8
"""Numbers in a vector of float64."""

INTEGER, INDEX = ir.IntType(64), ir.IntType(32)

Node: TypeAlias = Any  # of numba's types or of LLVM's values, neither of which is typed
Lowering: TypeAlias = Callable[[Node, Node, Node, Sequence[Node]], Node]


class Vector(Protocol):
    """What a kernel may do with lanes."""

    def __add__(self, other: Vector) -> Vector:
        """Sum, lane by lane."""

    def __sub__(self, other: Vector) -> Vector:
        """Difference, lane by lane."""

    def __mul__(self, other: Vector) -> Vector:
        """Product, lane by lane."""


class Lanes(types.Type):
    """Type of a vector: `count` numbers of `number`."""

    def __init__(self, number: Node, count: int) -> None:
        self.number, self.count = number, count
        self.vector = ir.VectorType(ir.FloatType() if number is types.float32 else ir.DoubleType(), count)
        super().__init__(name=f"Lanes({number} x {count})")


FLOATS, DOUBLES = Lanes(types.float32, WIDTH), Lanes(types.float64, PAIR)


@register_model(Lanes)
class LanesModel(models.PrimitiveModel):
    """Lanes are kept as a vector of LLVM."""

    def __init__(self, manager: Node, kind: Lanes) -> None:
        super().__init__(manager, kind, kind.vector)  # type: ignore[no-untyped-call]


def _part(typed: Callable[..., tuple[Node, Lowering]]) -> Node:
    """Function of kernels whose types and LLVM code `typed` tells."""
    return intrinsic(typed)


def _pointer(context: Node, builder: Node, kind: Node, place: Sequence[Node], vector: Node) -> Node:
    """Pointer to `vector` at `place` (array, row, column) of an array of type `kind`."""
    array, row, column = place
    parts = context.make_array(kind)(context, builder, array)
    size = ir.Constant(INTEGER, kind.dtype.bitwidth // 8)
    skip = builder.add(builder.mul(row, builder.extract_value(parts.strides, 0)), builder.mul(column, size))
    return builder.inttoptr(builder.add(builder.ptrtoint(parts.data, INTEGER), skip), vector.as_pointer())


def _loader(kind: Lanes) -> Node:
    """Function that loads lanes of `kind`; float64 also from an array in float32."""

    def typed(_: Node, array: Node, _row: Node, _column: Node) -> tuple[Node, Lowering]:
        number = ir.FloatType() if array.dtype is types.float32 else ir.DoubleType()
        vector = ir.VectorType(number, kind.count)

        def lower(context: Node, builder: Node, signature: Node, values: Sequence[Node]) -> Node:
            place = _pointer(context, builder, signature.args[0], values, vector)
            found = builder.load(place, align=array.dtype.bitwidth // 8)
            return found if vector == kind.vector else builder.fpext(found, kind.vector)

        return kind(array, types.intp, types.intp), lower

    return _part(typed)


def _spreader(kind: Lanes) -> Node:
    """Function that puts one number into all lanes of `kind`."""

    def typed(_: Node, _value: Node) -> tuple[Node, Lowering]:
        def lower(_context: Node, builder: Node, _signature: Node, values: Sequence[Node]) -> Node:
            first = builder.insert_element(ir.Constant(kind.vector, ir.Undefined), values[0], ir.Constant(INDEX, 0))
            return _pick(builder, first, first, [0] * kind.count)

        return kind(kind.number), lower

    return _part(typed)


def _store(_: Node, array: Node, _row: Node, _column: Node, lanes: Node) -> tuple[Node, Lowering]:
    def lower(context: Node, builder: Node, signature: Node, values: Sequence[Node]) -> Node:
        place = _pointer(context, builder, signature.args[0], values[:3], lanes.vector)
        builder.store(values[3], place, align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(array, types.intp, types.intp, lanes), lower


def _register(operation: Callable[[Any, Any], Any], instruction: str) -> None:
    """Let an operator of two lanes be LLVM's instruction of that name."""
    cases = {"cases": [signature(kind, kind, kind) for kind in (FLOATS, DOUBLES)]}
    infer_global(operation)(type(f"Lanes_{instruction}", (ConcreteTemplate,), cases))

    @lower_builtin(operation, Lanes, Lanes)  # type: ignore[untyped-decorator]
    def lower(_context: Node, builder: Node, _signature: Node, values: Sequence[Node]) -> Node:
        return getattr(builder, instruction)(*values)


_register(operator.add, "fadd")
_register(operator.sub, "fsub")
_register(operator.mul, "fmul")


def _multiply_add(_: Node, left: Node, _right: Node, _more: Node) -> tuple[Node, Lowering]:
    def lower(_context: Node, builder: Node, _signature: Node, values: Sequence[Node]) -> Node:
        kind = ir.FunctionType(left.vector, [left.vector] * 3)
        name = f"llvm.fmuladd.v{left.count}f{left.number.bitwidth}"
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), values)

    return left(left, left, left), lower


def _least(_: Node, left: Node, _right: Node) -> tuple[Node, Lowering]:
    def lower(_context: Node, builder: Node, _signature: Node, values: Sequence[Node]) -> Node:
        return builder.select(builder.fcmp_ordered("<", *values), *values)

    return left(left, left), lower


def _where_at_most(_: Node, left: Node, _right: Node, then: Node, _otherwise: Node) -> tuple[Node, Lowering]:
    def lower(_context: Node, builder: Node, _signature: Node, values: Sequence[Node]) -> Node:
        return builder.select(builder.fcmp_ordered("<=", values[0], values[1]), values[2], values[3])

    return then(left, left, then, then), lower


def _pick(builder: Node, left: Node, right: Node, places: Sequence[int]) -> Node:
    """Lanes of two vectors, numbered through both, in the order of `places`."""
    return builder.shuffle_vector(left, right, ir.Constant(ir.VectorType(INDEX, len(places)), list(places)))


def _halved(builder: Node, vector: Node) -> Node:
    """Sum of the first and the second half of the lanes."""
    middle = vector.type.count // 2
    parts = [_pick(builder, vector, vector, range(middle * part, middle * (part + 1))) for part in (0, 1)]
    return builder.fadd(*parts)


def _total(_: Node, lanes: Node) -> tuple[Node, Lowering]:
    def lower(_context: Node, builder: Node, _signature: Node, values: Sequence[Node]) -> Node:
        vector = values[0]
        while vector.type.count > 1:
            vector = _halved(builder, vector)
        return builder.extract_element(vector, ir.Constant(INDEX, 0))

    return lanes.number(lanes), lower


def _folded(builder: Node, pair: Sequence[Node], first: Sequence[int], second: Sequence[int]) -> Node:
    """In every four lanes: lanes `first` of both vectors of a pair, one after the other, plus lanes `second`."""
    count, parts = pair[0].type.count, []
    for chosen in (first, second):
        places = [group + side + lane for group in range(0, count, 4) for side in (0, count) for lane in chosen]
        parts.append(_pick(builder, pair[0], pair[1], places))
    return builder.fadd(*parts)


def _store_totals(
    _: Node, array: Node, _row: Node, _column: Node, one: Node, two: Node, three: Node, four: Node
) -> tuple[Node, Lowering]:
    def lower(context: Node, builder: Node, signature: Node, values: Sequence[Node]) -> Node:
        pairs = [_folded(builder, values[at : at + 2], (0, 1), (2, 3)) for at in (3, 5)]
        vector = _folded(builder, pairs, (0, 2), (1, 3))
        while vector.type.count > 4:
            vector = _halved(builder, vector)
        builder.store(vector, _pointer(context, builder, signature.args[0], values[:3], vector.type), align=4)
        return context.get_dummy_value()

    return types.void(array, types.intp, types.intp, one, two, three, four), lower


floats: Callable[[NDArray[np.float32], int, int], Vector] = _loader(FLOATS)
"""Floats from a row of an array, from a column on."""

doubles: Callable[[NDArray[Any], int, int], Vector] = _loader(DOUBLES)
"""Doubles from a row of an array in float64 or float32, from a column on."""

all_floats: Callable[[np.float32], Vector] = _spreader(FLOATS)
"""One number in all lanes."""

all_doubles: Callable[[float], Vector] = _spreader(DOUBLES)
"""One number in all lanes."""

store: Callable[[NDArray[Any], int, int, Vector], None] = _part(_store)
"""Write lanes into a row of an array of their numbers, from a column on."""

multiply_add: Callable[[Vector, Vector, Vector], Vector] = _part(_multiply_add)
"""The product of two and a third, rounded once where the processor can."""

least: Callable[[Vector, Vector], Vector] = _part(_least)
"""The lesser, lane by lane; the second where one is not a number."""

where_at_most: Callable[[Vector, Vector, Vector, Vector], Vector] = _part(_where_at_most)
"""The third in the lanes in which the first is at most the second, the fourth in the rest."""

total: Callable[[Vector], float] = _part(_total)
"""Sum of the lanes, by halves."""

store_totals: Callable[[NDArray[np.float32], int, int, Vector, Vector, Vector, Vector], None] = _part(_store_totals)
"""Write the sums of four floats side by side: a third of the instructions of four times `total`."""
