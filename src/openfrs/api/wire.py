"""The fields of every request body, JSON and multipart alike (spec 3).

A form sends every field as text, so each field takes its JSON type or the text of it. Empty texts
and nulls count as not given; unknown fields are passed over, as old clients send some.
"""

import ast
import json
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictStr,
    ValidationError,
    WithJsonSchema,
)

from openfrs.api.misfits import reason
from openfrs.api.openapi.bodies import DEFINITIONS, GATE, NAMES, SORT_KEYS, VALUES
from openfrs.domain.actions import NOD_DEGREES
from openfrs.domain.errors import MalformedParameter, MissingParameter
from openfrs.domain.limits import QUERY_PAGE
from openfrs.domain.pictures import PictureFile, PictureSource, PictureText, PictureUrl
from openfrs.operations.search import DEFAULT_TOP_N

MAX_LITERAL = 64 * 1024


def _literal(value: object) -> object:
    """The value written as JSON text, or as the Python literal that the vendor's SDK makes.

    The SDK writes ``repr`` where a caller hands a dict to a form (spec 6.5).
    """
    if not isinstance(value, str):
        return value
    if len(value) > MAX_LITERAL:
        raise ValueError("too long")
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        raise ValueError("must be JSON") from None


def _no_boolean(value: object) -> object:
    """Booleans are no numbers, though Python takes True for 1."""
    if isinstance(value, bool):
        raise ValueError("must be a number")  # noqa: TRY004  # pydantic passes on a ValueError alone
    return value


Text = StrictStr
Picture = Annotated[Text, Field(examples=["/9j/4AAQSkZJRgABAQAAAQABAAD..."])]
File = Annotated[bytes, Field(strict=True)]
Integer = Annotated[int, BeforeValidator(_no_boolean)]
Number = Annotated[float, BeforeValidator(_no_boolean), Field(allow_inf_nan=False)]
JsonObject = Annotated[dict[str, Any], BeforeValidator(_literal)]
JsonArray = Annotated[list[Any], BeforeValidator(_literal)]
FieldDefinitions = Annotated[JsonObject, WithJsonSchema(DEFINITIONS)]
FieldValues = Annotated[JsonObject, WithJsonSchema(VALUES)]
Gate = Annotated[JsonObject, WithJsonSchema(GATE)]
SortKeys = Annotated[JsonArray, WithJsonSchema(SORT_KEYS)]
Names = Annotated[JsonArray, WithJsonSchema(NAMES)]


def _whole_number_as_text(value: object) -> object:
    """A single action code may come as the number that it is."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


ActionCodes = Annotated[Text, BeforeValidator(_whole_number_as_text)]


class Body(BaseModel):
    """Fields of a request. The text below a field is for the readers of ``/docs``."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, use_attribute_docstrings=True
    )


class CreateFaceSet(Body):
    """Spec 3.1; ``quality_gate`` and ``thumbnails`` are ours."""

    face_set_name: Text
    """1 to 64 letters, digits, hyphens and underscores, unless the operator allows others."""
    face_set_capacity: Integer | None = None
    """A multiple of 10000; 100000 where it is not given."""
    external_fields: FieldDefinitions = {}
    """Custom fields of its faces, at most 10; they cannot be changed later."""
    quality_gate: Gate = {}
    """Our own: bounds on the quality of every face that is added."""
    retention_days: Integer | None = None
    """Our own: days after which its faces are erased; without them they stay."""
    thumbnails: bool = False
    """Our own: whether small pictures of its faces are kept."""


class OnePicture(Body):
    """Exactly one of three ways to give a picture (spec 4.1)."""

    image_base64: Picture | None = None
    """A JPEG, PNG or BMP in base64."""
    image_url: Text | None = None
    """An address that the operator allows, or /bucket/key."""
    image_file: File | None = None
    """A JPEG, PNG or BMP file."""

    def picture(self) -> PictureSource:
        """The source given. Raises MissingParameter for none, MalformedParameter for several."""
        return one_source("image", self.image_base64, self.image_url, self.image_file)


class AddFaces(OnePicture):
    """Spec 3.5."""

    external_image_id: Text | None = None
    """1 to 36 letters, digits, hyphens and underscores; made where it is not given."""
    external_fields: FieldValues = {}
    """Values of the face set's custom fields."""
    single: bool = False
    """Whether the largest face alone is added, or every face of the picture."""
    quality_gate: Gate = {}
    """Our own: bounds for this picture, which go before the face set's."""


class UpdateFace(Body):
    """Spec 3.7."""

    face_id: Text
    """The face to change."""
    external_image_id: Text | None = None
    """A new one; this or external_fields must be given."""
    external_fields: FieldValues = {}
    """New values; fields that are not named stay."""


class BatchDelete(Body):
    """Spec 3.9."""

    filter: Text
    """Which faces go, as in a search."""


class QueryFaces(Body):
    """docs/reference/own-api.md."""

    filter: Text | None = None
    """Which faces are meant, as in a search; every face where it is not given."""
    offset: Integer = 0
    """How many of them to pass over."""
    limit: Integer = QUERY_PAGE
    """How many to answer at most."""


class Search(OnePicture):
    """Spec 3.10."""

    face_id: Text | None = None
    """An enrolled face, in place of a picture."""
    top_n: Integer = DEFAULT_TOP_N
    """How many faces to answer at most; up to 1000 unless the operator sets another limit."""
    threshold: Number = 0.0
    """Faces of a lesser similarity are left out; from 0 to 1."""
    sort: SortKeys = []
    """The order of the answer, by numeric fields; by similarity where it is not given."""
    filter: Text | None = None
    """Which faces count: terms like floor:3 or floor:[1 TO 5], joined by &&, || and (!...)."""
    return_fields: Names = []
    """Which custom fields the answer holds."""

    def probe(self) -> PictureSource | str:
        """The picture, or the id of a stored face.

        Raises MissingParameter for none of the four, MalformedParameter for several.
        """
        if self.face_id is None:
            if not self.image_base64 and not self.image_url and self.image_file is None:
                raise MissingParameter("image_base64, image_url, image_file or face_id")
            return self.picture()
        if self.image_base64 or self.image_url or self.image_file is not None:
            raise MalformedParameter("give one of image_base64, image_url, image_file, face_id")
        return self.face_id


class DetectFace(OnePicture):
    """Spec 3.11."""

    attributes: Text | None = None
    """Codes of what to measure, joined by commas: 0 pose, 1 gender, 2 age, 3 contours, 4 dress,
    5 smile, 6 mask, 7 hair, 8 beard, 11 phototype, 12 quality, 13 expression, 21 angle."""


class LiveDetectFace(OnePicture):
    """Spec 3.14."""


class CompareFace(Body):
    """Spec 3.12."""

    image1_base64: Picture | None = None
    """The first picture in base64."""
    image1_url: Text | None = None
    """The first picture's address."""
    image1_file: File | None = None
    """The first picture as a file."""
    image2_base64: Picture | None = None
    """The second picture in base64."""
    image2_url: Text | None = None
    """The second picture's address."""
    image2_file: File | None = None
    """The second picture as a file."""

    def pictures(self) -> tuple[PictureSource, PictureSource]:
        """Both sources; the two may be of different kinds."""
        return (
            one_source("image1", self.image1_base64, self.image1_url, self.image1_file),
            one_source("image2", self.image2_base64, self.image2_url, self.image2_file),
        )


class LiveDetect(Body):
    """Spec 8.1."""

    video_base64: Text | None = None
    """An MP4, MOV, AVI, FLV, WEBM or ASF in base64; 1 to 15 seconds."""
    video_url: Text | None = None
    """An address that the operator allows, or /bucket/key."""
    video_file: File | None = None
    """The video as a file."""
    actions: ActionCodes
    """At most ten codes, joined by commas, in the order in which they are done: 1 turns the head to
    the subject's left, 2 to the right, 3 nods, 4 moves the mouth, 5 blinks."""
    action_time: Text | None = None
    """When each action is done, in milliseconds: 1000-3000,4000-7000."""
    nod_threshold: Annotated[Number, Field(ge=1, le=90)] = NOD_DEGREES
    """How many degrees make a nod."""

    def video(self) -> PictureSource:
        """The source given. Raises MissingParameter for none, MalformedParameter for several."""
        return one_source("video", self.video_base64, self.video_url, self.video_file)


def one_source(
    prefix: str, base64: str | None, url: str | None, file: bytes | None
) -> PictureSource:
    """The one source that is given. Raises MissingParameter, MalformedParameter."""
    given: list[PictureSource] = []
    if base64:
        given.append(PictureText(base64))
    if url:
        given.append(PictureUrl(url))
    if file is not None:
        given.append(PictureFile(file))
    names = f"{prefix}_base64, {prefix}_url or {prefix}_file"
    if not given:
        raise MissingParameter(names)
    if len(given) > 1:
        raise MalformedParameter(f"give only one of {names}")
    return given[0]


B = TypeVar("B", bound=Body)


def parse(shape: type[B], fields: Mapping[str, object]) -> B:
    """The fields as that body.

    Raises MissingParameter with the name of an absent field, MalformedParameter with name and
    reason of a wrong one.
    """
    given = {name: value for name, value in fields.items() if value not in (None, "", b"")}
    try:
        return shape.model_validate(given)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
    missing = [row for row in found if row["type"] == "missing"]
    if missing:
        raise MissingParameter(str(missing[0]["loc"][0]))
    row = found[0]
    raise MalformedParameter(f"{row['loc'][0]}: {reason(row)}")
