"""The fields of every request body, JSON and multipart alike (spec 3).

A form sends every field as text, so each field takes its JSON type or the text of it. Empty texts
and nulls count as not given; unknown fields are passed over, as old clients send some.
"""

import ast
import json
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictStr, ValidationError

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
Integer = Annotated[int, BeforeValidator(_no_boolean)]
Number = Annotated[float, BeforeValidator(_no_boolean), Field(allow_inf_nan=False)]
JsonObject = Annotated[dict[str, Any], BeforeValidator(_literal)]
JsonArray = Annotated[list[Any], BeforeValidator(_literal)]


def _whole_number_as_text(value: object) -> object:
    """A single action code may come as the number that it is."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


ActionCodes = Annotated[Text, BeforeValidator(_whole_number_as_text)]


class Body(BaseModel):
    """Fields of a request."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class CreateFaceSet(Body):
    """Spec 3.1."""

    face_set_name: Text
    face_set_capacity: Integer | None = None
    external_fields: JsonObject = {}
    quality_gate: JsonObject = {}


class OnePicture(Body):
    """Exactly one of three ways to give a picture (spec 4.1)."""

    image_base64: Text | None = None
    image_url: Text | None = None
    image_file: bytes | None = None

    def picture(self) -> PictureSource:
        """The source given. Raises MissingParameter for none, MalformedParameter for several."""
        return one_source("image", self.image_base64, self.image_url, self.image_file)


class AddFaces(OnePicture):
    """Spec 3.5."""

    external_image_id: Text | None = None
    external_fields: JsonObject = {}
    single: bool = False
    quality_gate: JsonObject = {}


class UpdateFace(Body):
    """Spec 3.7."""

    face_id: Text
    external_image_id: Text | None = None
    external_fields: JsonObject = {}


class BatchDelete(Body):
    """Spec 3.9."""

    filter: Text


class QueryFaces(Body):
    """docs/reference/own-api.md."""

    filter: Text | None = None
    offset: Integer = 0
    limit: Integer = QUERY_PAGE


class Search(OnePicture):
    """Spec 3.10."""

    face_id: Text | None = None
    top_n: Integer = DEFAULT_TOP_N
    threshold: Number = 0.0
    sort: JsonArray = []
    filter: Text | None = None
    return_fields: JsonArray = []

    def probe(self) -> PictureSource | str:
        """The picture, or the id of a stored face.

        Raises MissingParameter for none of the four, MalformedParameter for several.
        """
        if self.face_id is None:
            return self.picture()
        if self.image_base64 or self.image_url or self.image_file is not None:
            raise MalformedParameter("give one of image_base64, image_url, image_file, face_id")
        return self.face_id


class DetectFace(OnePicture):
    """Spec 3.11."""

    attributes: Text | None = None


class LiveDetectFace(OnePicture):
    """Spec 3.14."""


class CompareFace(Body):
    """Spec 3.12."""

    image1_base64: Text | None = None
    image1_url: Text | None = None
    image1_file: bytes | None = None
    image2_base64: Text | None = None
    image2_url: Text | None = None
    image2_file: bytes | None = None

    def pictures(self) -> tuple[PictureSource, PictureSource]:
        """Both sources; the two may be of different kinds."""
        return (
            one_source("image1", self.image1_base64, self.image1_url, self.image1_file),
            one_source("image2", self.image2_base64, self.image2_url, self.image2_file),
        )


class LiveDetect(Body):
    """Spec 8.1."""

    video_base64: Text | None = None
    video_url: Text | None = None
    video_file: bytes | None = None
    actions: ActionCodes
    action_time: Text | None = None
    nod_threshold: Annotated[Number, Field(ge=1, le=90)] = NOD_DEGREES

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
    raise MalformedParameter(f"{row['loc'][0]}: {row['msg']}")
