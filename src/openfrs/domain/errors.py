"""Every fact that can go wrong, as a tree. What FRS calls each one is api/error_codes.py's affair.

FRSError
  InvalidRequest
    MissingHeader, MissingParameter, MalformedParameter, MalformedBody, BodyTooLarge
    FilterMalformed, ReturnFieldNotDefined, SortNotSupported
    FieldNotDefined, FieldTypeMismatch
  NotFound
    FaceSetNotFound, FaceNotFound, NothingMatched, NothingToDelete, AccountNotFound
  Conflict
    FaceSetExists, AccountConflict
  QuotaReached
    TooManyFaceSets, FaceSetFull
  ImageRefused
    ImageNotBase64, ImageFormatUnsupported, ImageDimensionsRefused, ImageTooLarge
    UrlInvalid, UrlNotAllowed, UrlSizeRefused, UrlObjectMissing, UrlUnauthorized
    NoFaceDetected, SeveralFaces, FaceTooSmall, QualityRefused
  VideoRefused
    VideoUnreadable, VideoDamaged, VideoLengthRefused, VideoTooLarge
  ActionsRefused
    ActionNotSupported, TooManyActions
  NotAuthenticated
    CredentialsMissing, TokenUnreadable, TokenExpired, SignatureWrong
    AccessKeyUnknown, AccessKeyLocked, PasswordWrong, AccountLocked
  NotAuthorised
    ProjectMismatch, AdministratorOnly, CredentialLimited
  Unavailable
    TemplateModelMismatch, LivenessUnavailable, QualityUnavailable
  GatewayRefused
    RouteUnknown, UriTooLong, EntityTooLarge, IamRequestInvalid

``detail`` is for the client: it says which parameter, which value, which rule. It never holds a
picture, a template or a secret. ``position`` says where in the text of a filter the fault lies,
counted from 0 in characters.
"""


class FRSError(Exception):
    """A refusal with a reason the client may read."""

    def __init__(self, detail: str = "", *, position: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.position = position


class InvalidRequest(FRSError):
    """The request itself is at fault."""


class MissingHeader(InvalidRequest):
    """A mandatory header is absent or empty; the detail is its name."""


class MissingParameter(InvalidRequest):
    """A mandatory parameter is absent or empty; the detail is its name."""


class MalformedParameter(InvalidRequest):
    """A parameter breaks its format or range."""


class MalformedBody(InvalidRequest):
    """The body is not the JSON object or form that its content type promises."""


class BodyTooLarge(InvalidRequest):
    """The body or a picture in it passes the size limit of the service."""


class FilterMalformed(InvalidRequest):
    """The filter breaks its grammar, or compares a field with a value of another type."""


class ReturnFieldNotDefined(InvalidRequest):
    """``return_fields`` names a field that the face set does not define."""


class SortNotSupported(InvalidRequest):
    """``sort`` names a field that is not a number or not defined."""


class FieldNotDefined(InvalidRequest):
    """A custom field is used that the face set does not define; the detail is its name."""


class FieldTypeMismatch(InvalidRequest):
    """A custom field's value does not fit its defined type; the detail is its name."""


class NotFound(FRSError):
    """What the request names is not there."""


class FaceSetNotFound(NotFound):
    """No face set of that name in the project."""


class FaceNotFound(NotFound):
    """No face of that id in the face set."""


class NothingMatched(NotFound):
    """No face has the given external_image_id or field value."""


class NothingToDelete(NotFound):
    """No face matches the filter of a batch delete."""


class AccountNotFound(NotFound):
    """No such user, project or access key; the detail says which."""


class Conflict(FRSError):
    """What the request makes exists already."""


class FaceSetExists(Conflict):
    """A face set of that name exists in the project."""


class AccountConflict(Conflict):
    """A user or project is in the way of what is asked, or the last administrator would go."""


class QuotaReached(FRSError):
    """A limit on the number of things is met."""


class TooManyFaceSets(QuotaReached):
    """The project has as many face sets as it may."""


class FaceSetFull(QuotaReached):
    """The faces to add do not fit into the face set's capacity."""


class ImageRefused(FRSError):
    """A picture cannot be used."""


class ImageNotBase64(ImageRefused):
    """The text given as a picture is not base64."""


class ImageFormatUnsupported(ImageRefused):
    """The bytes are no JPEG, PNG or BMP, or such a picture is damaged."""


class ImageDimensionsRefused(ImageRefused):
    """The picture has too many pixels on a side."""


class ImageTooLarge(ImageRefused):
    """The picture's file has too many bytes."""


class UrlInvalid(ImageRefused):
    """The text given as a picture's address is no address."""


class UrlNotAllowed(ImageRefused):
    """The operator has not allowed that address."""


class UrlSizeRefused(ImageRefused):
    """The object behind the address has too many bytes, or none."""


class UrlObjectMissing(ImageRefused):
    """There is no object behind the address, or its host does not answer."""


class UrlUnauthorized(ImageRefused):
    """The host behind the address refuses access."""


class NoFaceDetected(ImageRefused):
    """The picture shows no face."""


class SeveralFaces(ImageRefused):
    """The picture shows several faces where one alone is allowed."""


class FaceTooSmall(ImageRefused):
    """No face of the picture has the pixels that enrolment asks for."""


class QualityRefused(ImageRefused):
    """A face of the picture does not pass the quality gate; the detail says why."""


class VideoRefused(FRSError):
    """A video cannot be used."""


class VideoUnreadable(VideoRefused):
    """The bytes given are no video of a known container."""


class VideoDamaged(VideoRefused):
    """The video cannot be decoded, or not within the limits on what that may cost."""


class VideoLengthRefused(VideoRefused):
    """The video is too short or too long; the detail says how long it is."""


class VideoTooLarge(VideoRefused):
    """The video's file has too many bytes."""


class ActionsRefused(FRSError):
    """The actions that a video is to show cannot be looked for."""


class ActionNotSupported(ActionsRefused):
    """There is no such action; the detail is its code."""


class TooManyActions(ActionsRefused):
    """More actions are asked for than one video may show."""


class NotAuthenticated(FRSError):
    """Who is calling could not be established."""


class CredentialsMissing(NotAuthenticated):
    """Neither a token nor a signature came with the request."""


class TokenUnreadable(NotAuthenticated):
    """The token was not issued here, or its user has gone."""


class TokenExpired(NotAuthenticated):
    """The token was good once."""


class SignatureWrong(NotAuthenticated):
    """The signature does not fit the request, its date or its key."""


class AccessKeyUnknown(NotAuthenticated):
    """No such access key; the detail is the key."""


class AccessKeyLocked(NotAuthenticated):
    """Too many wrong signatures lately."""


class PasswordWrong(NotAuthenticated):
    """User or password is wrong; which of the two is not said."""


class AccountLocked(NotAuthenticated):
    """Too many wrong passwords lately."""


class NotAuthorised(FRSError):
    """The caller is known, and may not do this."""


class ProjectMismatch(NotAuthorised):
    """The project in the path is not one of the caller's."""


class AdministratorOnly(NotAuthorised):
    """Only an administrator may do this, or the user whom it is about."""


class CredentialLimited(NotAuthorised):
    """The token or key is good for less than its user, and may make nothing that outlasts it."""


class Unavailable(FRSError):
    """The service cannot do this as it is set up."""


class TemplateModelMismatch(Unavailable):
    """The face set was built with another model pack than the one in use."""


class LivenessUnavailable(Unavailable):
    """The models that a liveness check needs are not installed; the detail says how to."""


class QualityUnavailable(Unavailable):
    """The installed pack cannot measure what a quality gate asks for."""


class GatewayRefused(FRSError):
    """Refused before the service proper."""


class RouteUnknown(GatewayRefused):
    """No such path, or not with this method."""


class UriTooLong(GatewayRefused):
    """Path and query pass the gateway's limit."""


class EntityTooLarge(GatewayRefused):
    """The body passes the gateway's limit."""


class IamRequestInvalid(GatewayRefused):
    """The body of an identity request is not what it should be."""
