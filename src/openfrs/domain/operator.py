"""What stands in the way of the service itself, rather than of a request."""


class OperatorCanMend(Exception):
    """Something about the installation is not as it must be; the message says what and how.

    The command line prints it as one sentence; it never goes to a client.
    """
