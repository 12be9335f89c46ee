"""What can go wrong, by the part of a request that is at fault."""

from openfrs.api.openapi.description import Facts
from openfrs.domain import errors

EVERYWHERE: Facts = (errors.UriTooLong, errors.EntityTooLarge)

SIGNED: Facts = (
    errors.CredentialsMissing,
    errors.TokenUnreadable,
    errors.TokenExpired,
    errors.SignatureWrong,
    errors.AccessKeyUnknown,
    errors.AccessKeyLocked,
)

IN_PROJECT: Facts = (errors.ProjectMismatch, errors.RouteUnknown)

BODY: Facts = (
    errors.MissingHeader,
    errors.MissingParameter,
    errors.MalformedParameter,
    errors.MalformedBody,
    errors.BodyTooLarge,
)

IAM_BODY: Facts = (errors.IamRequestInvalid, errors.MalformedParameter)

FACE_SET: Facts = (errors.FaceSetNotFound,)

ADDRESS: Facts = (
    errors.UrlInvalid,
    errors.UrlNotAllowed,
    errors.UrlSizeRefused,
    errors.UrlObjectMissing,
    errors.UrlUnauthorized,
)

PICTURE: Facts = (
    errors.ImageNotBase64,
    errors.ImageFormatUnsupported,
    errors.ImageDimensionsRefused,
    errors.ImageTooLarge,
    *ADDRESS,
)

VIDEO: Facts = (
    errors.ImageNotBase64,
    errors.VideoUnreadable,
    errors.VideoDamaged,
    errors.VideoLengthRefused,
    errors.VideoTooLarge,
    *ADDRESS,
)

FILTER: Facts = (errors.FilterMalformed, errors.FieldNotDefined)

VALUES: Facts = (errors.FieldNotDefined, errors.FieldTypeMismatch)

OTHERS_AFFAIR: Facts = (errors.AdministratorOnly, errors.CredentialLimited)
