"""The client data of a set's faces as typed columns, and the one evaluator of filters.

Search, batch delete and export all ask here, so a filter has one meaning. A face that lacks a
field matches no term on it, and therefore matches the term's negation (spec 6.1).
"""

import numpy as np

from openfrs.domain.faces import FaceChange
from openfrs.domain.fields import FieldType, Schema
from openfrs.domain.query import EXTERNAL_IMAGE_ID, And, Equals, Filter, Not, Or, Range
from openfrs.index.typed_columns import (
    BooleanColumn,
    Column,
    FloatColumn,
    IntegerColumn,
    Mask,
    StringColumn,
)


class Columns:
    """One column for each field of the schema, and one for ``external_image_id``."""

    def __init__(self, schema: Schema) -> None:
        self._columns = {name: _column(kind) for name, kind in schema.items()}
        self._image_ids = StringColumn()

    def grow(self, capacity: int) -> None:
        for column in (self._image_ids, *self._columns.values()):
            column.grow(capacity)

    def put(self, slot: int, change: FaceChange) -> None:
        """Replaces the client data of a slot by that of a face."""
        self._image_ids.put(slot, change.external_image_id)
        value = change.external_fields.get
        for name, column in self._columns.items():
            column.put(slot, value(name))

    def clear(self, slot: int) -> None:
        """Forgets the client data of a slot."""
        for column in (self._image_ids, *self._columns.values()):
            column.put(slot, None)

    def matching(self, where: Filter, used: int) -> Mask:
        """(used,) bool: the slots that match, empty ones among them; the caller's to change."""
        match where:
            case Equals(key, value):
                return self._column(key).equals(value, used)
            case Range(key):
                return self._column(key).between(where, used)
            case Not(operand):
                mask = self.matching(operand, used)
                return np.logical_not(mask, out=mask)
            case And(operands):
                mask = np.ones(used, np.bool_)
                for operand in operands:
                    mask &= self.matching(operand, used)
                return mask
            case Or(operands):
                mask = np.zeros(used, np.bool_)
                for operand in operands:
                    mask |= self.matching(operand, used)
                return mask

    def _column(self, key: str) -> Column:
        return self._image_ids if key == EXTERNAL_IMAGE_ID else self._columns[key]


def _column(kind: FieldType) -> Column:
    match kind:
        case FieldType.STRING:
            return StringColumn()
        case FieldType.BOOLEAN:
            return BooleanColumn()
        case FieldType.INTEGER | FieldType.LONG:
            return IntegerColumn()
        case FieldType.FLOAT | FieldType.DOUBLE:
            return FloatColumn()
