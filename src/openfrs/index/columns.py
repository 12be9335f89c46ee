"""The client data of a set's faces as typed columns, and the one evaluator of filters.

Search, batch delete and export all ask here, so a filter has one meaning. A face that lacks a
field matches no term on it, and therefore matches the term's negation (spec 6.1).

A filter is turned into tests of whole columns once; they are then asked block by block, so that
what one test writes is still in the cache when the next one reads it.
"""

from functools import reduce

import numpy as np
from numpy.typing import NDArray

from openfrs.domain.faces import Face, FaceBlock, FacePatch
from openfrs.domain.fields import INTEGER_BITS, FieldType, FieldValue, Schema
from openfrs.domain.query import EXTERNAL_IMAGE_ID, And, Equals, Filter, Not, Or, Range
from openfrs.index.strings import StringColumn
from openfrs.index.typed_columns import (
    BooleanColumn,
    Column,
    FloatColumn,
    IntegerColumn,
    Mask,
    Test,
    both,
    either,
    opposite,
)

BLOCK = 1 << 17  # slots asked at once


class Columns:
    """One column for each field of the schema, and one for ``external_image_id``."""

    def __init__(self, schema: Schema) -> None:
        self._fields = {name: _column(kind) for name, kind in schema.items()}
        self._image_ids = StringColumn()
        self._all: tuple[Column, ...] = (self._image_ids, *self._fields.values())

    @property
    def slot_bytes(self) -> int:
        return sum(column.slot_bytes for column in self._all)

    @property
    def shared_bytes(self) -> int:
        return sum(column.shared_bytes for column in self._all)

    def resize(self, capacity: int) -> None:
        for column in self._all:
            column.resize(capacity)

    def fill(self, first: int, block: FaceBlock) -> None:
        """Sets the client data of faces in slots that were never written, from ``first`` on."""
        self._image_ids.fill(first, block.external_image_ids)
        for name, column in self._fields.items():
            column.fill(first, [fields.get(name) for fields in block.external_fields])

    def put(self, slot: int, face: Face) -> None:
        """Replaces the client data of a slot by that of a face."""
        self._image_ids.put(slot, face.external_image_id)
        value = face.external_fields.get
        for name, column in self._fields.items():
            column.put(slot, value(name))

    def patch(self, slot: int, patch: FacePatch) -> None:
        """Replaces what the patch names."""
        if patch.external_image_id is not None:
            self._image_ids.put(slot, patch.external_image_id)
        for name, value in patch.external_fields.items():
            self._fields[name].put(slot, value)

    def clear(self, slot: int) -> None:
        """Forgets the client data of a slot."""
        for column in self._all:
            column.put(slot, None)

    def move(self, source: int, target: int) -> None:
        """Gives the client data of one slot to another, which was cleared."""
        for column in self._all:
            column.move(source, target)

    def image_ids(self, slots: NDArray[np.intp]) -> list[str]:
        """The ``external_image_id`` of each slot."""
        return [str(image_id) for image_id in self._image_ids.values(slots)]

    def fields(self, slots: NDArray[np.intp]) -> list[dict[str, FieldValue]]:
        """The custom fields of each slot, those that it holds."""
        fields: list[dict[str, FieldValue]] = [{} for _ in range(len(slots))]
        for name, column in self._fields.items():
            for held, value in zip(fields, column.values(slots), strict=True):
                if value is not None:
                    held[name] = value
        return fields

    def matching(self, where: Filter, used: int) -> Mask:
        """(used,) bool: the slots that match, empty ones among them; the caller's to change."""
        test = self._test(where, used)
        if used <= BLOCK and isinstance(found := test(0, used), np.ndarray):
            return found
        mask = np.empty(used, np.bool_)
        for start in range(0, used, BLOCK):
            stop = min(start + BLOCK, used)
            mask[start:stop] = test(start, stop)
        return mask

    def _test(self, where: Filter, used: int) -> Test:
        match where:
            case Equals(key, value):
                return self._column(key).equals(value, used)
            case Range(key):
                return self._column(key).between(where, used)
            case Not(operand):
                return opposite(self._test(operand, used))
            case And(operands):
                return reduce(both, [self._test(operand, used) for operand in operands])
            case Or(operands):
                return reduce(either, [self._test(operand, used) for operand in operands])

    def _column(self, key: str) -> Column:
        return self._image_ids if key == EXTERNAL_IMAGE_ID else self._fields[key]


def _column(kind: FieldType) -> Column:
    match kind:
        case FieldType.STRING:
            return StringColumn()
        case FieldType.BOOLEAN:
            return BooleanColumn()
        case FieldType.INTEGER | FieldType.LONG:
            return IntegerColumn(INTEGER_BITS[kind])
        case FieldType.FLOAT | FieldType.DOUBLE:
            return FloatColumn()
