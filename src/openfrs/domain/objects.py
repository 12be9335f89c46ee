"""Objects in a store of files: the keys they may have, and what can go wrong with them."""


class ObjectStoreError(Exception):
    """An object could not be had; the message holds no address, key or secret."""


class ObjectKeyInvalid(ObjectStoreError):
    """No object may have that key."""


class ObjectNotFound(ObjectStoreError):
    """The store has no object of that key."""


class ObjectTooLarge(ObjectStoreError):
    """The object has more bytes than its reader takes."""


class ObjectRefused(ObjectStoreError):
    """The store does not let us at the object."""


class ObjectStoreUnavailable(ObjectStoreError):
    """The store cannot be reached just now, or there is none."""


def check_key(key: str) -> list[str]:
    """The parts of a key between its slashes. Raises ObjectKeyInvalid.

    Parts that are empty or dots would lead elsewhere: a directory takes them for steps, and so may
    a server on the way to a bucket.
    """
    parts = key.split("/")
    if "\0" in key or any(part in ("", ".", "..") for part in parts):
        raise ObjectKeyInvalid("the path of an object has no empty or dotted parts")
    return parts
