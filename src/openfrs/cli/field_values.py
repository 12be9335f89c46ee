"""Custom fields on the command line: ``--field floor=3``, typed as the face set defines them."""

from collections.abc import Mapping, Sequence

import typer

from openfrs.cli.target import Json
from openfrs.domain.errors import FRSError
from openfrs.domain.fields import FieldType, FieldValue, Schema, check_values, value_of_word
from openfrs.domain.quality_gate import parse_gate


def pairs(texts: Sequence[str] | None, option: str) -> dict[str, str]:
    """Names and texts of ``name=text`` options. Raises typer.BadParameter."""
    found: dict[str, str] = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise typer.BadParameter(f"{text!r} is not name=value", param_hint=option)
        if name in found:
            raise typer.BadParameter(f"{name} is given twice", param_hint=option)
        found[name] = value
    return found


def schema_of(info: Json) -> Schema:
    """The fields that a face set defines, from its FaceSetInfo."""
    return {name: FieldType(kind["type"]) for name, kind in info["external_fields"].items()}


def typed(schema: Schema, texts: Mapping[str, str]) -> dict[str, FieldValue]:
    """The values that the texts stand for. Raises ValueError, with a sentence."""
    return {name: _typed(schema, name, text) for name, text in texts.items()}


def _typed(schema: Schema, name: str, text: str) -> FieldValue:
    if name not in schema:
        known = ", ".join(schema) or "none"
        raise ValueError(f"the face set has no field {name}; its fields: {known}")
    value = value_of_word(schema[name], text)
    try:
        if value is not None:
            return check_values(schema, {name: value})[name]
    except FRSError:
        pass
    raise ValueError(f"{name} takes {_TAKES[schema[name]]}, not {text!r}")


_TAKES = {
    FieldType.STRING: "1 to 256 letters, digits, hyphens or underscores",
    FieldType.INTEGER: "a whole number of 32 bits",
    FieldType.LONG: "a whole number of 64 bits",
    FieldType.FLOAT: "a number",
    FieldType.DOUBLE: "a number",
    FieldType.BOOLEAN: "true or false",
}


def quality_gate(texts: Sequence[str] | None) -> dict[str, float]:
    """The bounds of ``--quality-gate name=number`` options. Raises typer.BadParameter."""
    try:
        given = pairs(texts, "--quality-gate").items()
        return dict(parse_gate({name: float(text) for name, text in given}))
    except ValueError:
        raise typer.BadParameter("takes name=number", param_hint="--quality-gate") from None
    except FRSError as error:
        raise typer.BadParameter(str(error), param_hint="--quality-gate") from None
