"""What FRS, its gateway and IAM call each fact: (fact, family) to status, code and message.

The codes and the messages in FRS's own words are facts of the wire (spec 9); where the spec knows
only a meaning, the message follows its recommendation. A ``%s`` takes the fact's detail; without
one, the detail follows after the message, because a telling refusal helps and clients key on
``error_code`` alone.
"""

from dataclasses import dataclass
from enum import StrEnum

from openfrs.domain import errors


class Shape(StrEnum):
    """The three shapes of an error body (spec 2.4)."""

    FRS = "frs"
    GATEWAY = "gateway"
    IAM = "iam"


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """How one fact looks on the wire. IAM bodies carry the status instead of the code."""

    status: int
    code: str
    message: str
    shape: Shape = Shape.FRS

    def text(self, detail: str) -> str:
        if "%s" in self.message:
            return self.message.replace("%s", detail)
        if not detail:
            return self.message
        return f"{self.message.removesuffix('.')}: {detail}"


def _gateway(status: int, code: str, message: str) -> ErrorCode:
    return ErrorCode(status, code, message, Shape.GATEWAY)


def _iam(status: int, message: str) -> ErrorCode:
    return ErrorCode(status, "", message, Shape.IAM)


IAM_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    413: "Request Entity Too Large",
    500: "Internal Server Error",
}
"""What goes with the status in the body of an identity refusal."""

ANY = "*"

_AUTHENTICATION = "Incorrect IAM authentication information: "
_IAM_INVALID = _iam(400, "The request body is invalid")
_IAM_REFUSED = _iam(401, "The username or password is wrong.")
_IAM_UNAUTHORIZED = _iam(401, "The request you have made requires authentication.")

ERROR_CODES: dict[type[errors.FRSError], dict[str, ErrorCode]] = {
    errors.MissingHeader: {
        ANY: ErrorCode(400, "FRS.0010", "Lack Header or Header %s is empty."),
        "iam": _IAM_INVALID,
    },
    errors.MissingParameter: {
        ANY: ErrorCode(
            400, "FRS.0011", "Lack the request parameter, or the request parameter %s is empty."
        )
    },
    errors.MalformedParameter: {
        ANY: ErrorCode(400, "FRS.0012", "The request param has wrong format, %s"),
        "iam": _IAM_INVALID,
    },
    errors.MalformedBody: {
        ANY: ErrorCode(400, "FRS.0014", "The JSON format of the input data is incorrect.")
    },
    errors.BodyTooLarge: {
        ANY: ErrorCode(400, "FRS.0017", "The size of the request body is out of the range %s.")
    },
    errors.FilterMalformed: {ANY: ErrorCode(400, "FRS.0029", "The filter has wrong format, %s")},
    errors.ReturnFieldNotDefined: {
        ANY: ErrorCode(400, "FRS.0030", "The return field is not defined, %s")
    },
    errors.SortNotSupported: {
        ANY: ErrorCode(400, "FRS.0032", "The sort field is not supported, %s")
    },
    errors.FieldNotDefined: {ANY: ErrorCode(400, "FRS.0402", "The field %s is not exist.")},
    errors.FieldTypeMismatch: {
        ANY: ErrorCode(400, "FRS.0406", "The data type of field %s does not match its definition.")
    },
    errors.FaceSetNotFound: {
        ANY: ErrorCode(400, "FRS.0302", "The face set is not exist, checkout your input.")
    },
    errors.FaceNotFound: {
        ANY: ErrorCode(400, "FRS.0303", "The face id is not exist, checkout your input."),
        "search": ErrorCode(400, "FRS.0403", "The face id is not exist, checkout your input."),
    },
    errors.NothingMatched: {ANY: ErrorCode(400, "FRS.0401", "No value matched, can not delete.")},
    errors.NothingToDelete: {
        ANY: ErrorCode(400, "FRS.0407", "All the data not suitable, no data to be deleted.")
    },
    errors.FaceSetExists: {ANY: ErrorCode(400, "FRS.0301", "The face set already exists.")},
    errors.TooManyFaceSets: {
        ANY: ErrorCode(400, "FRS.0305", "The number of face sets exceeds the limit.")
    },
    errors.FaceSetFull: {
        ANY: ErrorCode(403, "FRS.0306", "The number of faces exceeds the face set capacity.")
    },
    errors.ImageNotBase64: {
        ANY: ErrorCode(400, "FRS.0015", "The base64 of the picture can not be parsed."),
        "live-detect": ErrorCode(400, "FRS.0701", "Parse video data failed."),
    },
    errors.ImageFormatUnsupported: {
        ANY: ErrorCode(400, "FRS.0016", "The file format is not supported.")
    },
    errors.ImageDimensionsRefused: {
        ANY: ErrorCode(400, "FRS.0013", "The size of the picture or face is out of the range.")
    },
    errors.ImageTooLarge: {
        ANY: ErrorCode(400, "FRS.0017", "The size of the request body is out of the range %s.")
    },
    errors.UrlInvalid: {ANY: ErrorCode(400, "FRS.0021", "The URL is invalid.")},
    errors.UrlNotAllowed: {
        ANY: ErrorCode(400, "FRS.0022", "The OBS path is wrong or not authorised.")
    },
    errors.UrlSizeRefused: {
        ANY: ErrorCode(400, "FRS.0023", "The size of the OBS file is out of the range.")
    },
    errors.UrlObjectMissing: {ANY: ErrorCode(400, "FRS.0024", "The OBS object is not exist.")},
    errors.UrlUnauthorized: {ANY: ErrorCode(400, "FRS.0027", "The OBS is unauthorized")},
    errors.NoFaceDetected: {
        "faces": ErrorCode(400, "FRS.0404", "Detect no face, can not add it to face set."),
        "search": ErrorCode(400, "FRS.0304", "Detect no face, can not search it."),
        "compare": ErrorCode(400, "FRS.0501", "Detect no face, check out your picture."),
        "live-detect-face": ErrorCode(400, "FRS.0707", "Detect no face, check out your picture."),
    },
    errors.SeveralFaces: {ANY: ErrorCode(400, "FRS.0709", "Several faces are not allowed.")},
    errors.FaceTooSmall: {
        ANY: ErrorCode(400, "FRS.0013", "The size of the picture or face is out of the range.")
    },
    errors.QualityRefused: {
        ANY: ErrorCode(400, "FRS.0708", "The quality of the picture is not good enough.")
    },
    errors.VideoUnreadable: {ANY: ErrorCode(400, "FRS.0701", "Parse video data failed.")},
    errors.VideoDamaged: {ANY: ErrorCode(400, "FRS.0751", "Parse video data failed.")},
    errors.VideoLengthRefused: {ANY: ErrorCode(400, "FRS.0706", "Video time %s.")},
    errors.VideoTooLarge: {
        ANY: ErrorCode(400, "FRS.0017", "The size of the request body is out of the range %s.")
    },
    errors.ActionNotSupported: {ANY: ErrorCode(400, "FRS.0702", "Do not support action %s.")},
    errors.TooManyActions: {ANY: ErrorCode(400, "FRS.0704", "The number of action exceed 10.")},
    errors.CredentialsMissing: {
        ANY: _gateway(401, "APIG.0301", _AUTHENTICATION + "x-auth-token not found"),
        "iam": _IAM_UNAUTHORIZED,
    },
    errors.TokenUnreadable: {
        ANY: _gateway(401, "APIG.0301", _AUTHENTICATION + "decrypt token fail"),
        "iam": _IAM_UNAUTHORIZED,
    },
    errors.TokenExpired: {
        ANY: _gateway(401, "APIG.0307", "The token must be updated."),
        "iam": _IAM_UNAUTHORIZED,
    },
    errors.SignatureWrong: {
        ANY: _gateway(401, "APIG.0301", _AUTHENTICATION + "verify aksk signature fail"),
        "iam": _IAM_UNAUTHORIZED,
    },
    errors.AccessKeyUnknown: {
        ANY: _gateway(
            401,
            "APIG.0301",
            _AUTHENTICATION + "Get secretKey failed,ak:%s,err:ak not exist",
        ),
        "iam": _IAM_UNAUTHORIZED,
    },
    errors.AccessKeyLocked: {
        ANY: _gateway(
            401, "APIG.0301", _AUTHENTICATION + "AK access failed to reach the limit,forbidden"
        ),
        "iam": _IAM_UNAUTHORIZED,
    },
    errors.PasswordWrong: {"iam": _IAM_REFUSED},
    errors.AccountLocked: {
        "iam": _iam(401, "The account is locked for a while after repeated wrong passwords.")
    },
    errors.ProjectMismatch: {
        ANY: ErrorCode(
            403,
            "FRS.0028",
            "The project id in the URL is not the project of the token or access key.",
        ),
        "iam": _iam(401, "The scope of the request is not the user's."),
    },
    errors.AdministratorOnly: {
        "iam": _iam(403, "Only an administrator may do this, or the user whom it is about.")
    },
    errors.CredentialLimited: {
        "iam": _iam(403, "This takes a token without a project scope, or a lasting access key.")
    },
    errors.AccountNotFound: {"iam": _iam(404, "It could not be found: %s.")},
    errors.AccountConflict: {"iam": _iam(409, "It is in conflict with what there is: %s.")},
    errors.TemplateModelMismatch: {
        ANY: ErrorCode(400, "FRS.0020", "The sub-service is not enabled.")
    },
    errors.LivenessUnavailable: {
        ANY: ErrorCode(400, "FRS.0020", "The sub-service is not enabled.")
    },
    errors.QualityUnavailable: {ANY: ErrorCode(400, "FRS.0020", "The sub-service is not enabled.")},
    errors.RouteUnknown: {
        ANY: _gateway(
            404,
            "APIG.0101",
            "The API does not exist or has not been published in the environment.",
        )
    },
    errors.UriTooLong: {ANY: _gateway(414, "APIG.0201", "Request URI too long.")},
    errors.EntityTooLarge: {
        ANY: _gateway(413, "APIG.0201", "Request entity too large."),
        "iam": _iam(413, "Request entity too large."),
    },
    errors.IamRequestInvalid: {"iam": _IAM_INVALID},
}

INTERNAL_ERROR = {
    ANY: ErrorCode(500, "FRS.0018", "The service inner error."),
    "iam": _iam(500, "An unexpected error prevented the server from fulfilling your request."),
}


def error_code(fact: BaseException, family: str) -> ErrorCode:
    """What the family calls the fact; anything that is no FRSError is an internal error."""
    rows = INTERNAL_ERROR
    if isinstance(fact, errors.FRSError):
        rows = ERROR_CODES.get(type(fact), INTERNAL_ERROR)
    return rows.get(family) or rows.get(ANY) or INTERNAL_ERROR[ANY]
