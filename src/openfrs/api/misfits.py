"""What is wrong with a field, for whoever wrote the request: in words of JSON, not of Python."""

from pydantic_core import ErrorDetails

_REASONS = {
    "string_type": "must be a string",
    "bytes_type": "must be a file, which only a form can carry",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a whole number of fewer digits",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "list_type": "must be an array",
    "missing": "is missing",
}
_OURS = "Value error, "


def reason(misfit: ErrorDetails) -> str:
    """Why the field does not fit. What a validator of ours says stands as it is."""
    return _REASONS.get(misfit["type"]) or misfit["msg"].removeprefix(_OURS)
