"""Domain errors: what a service raises instead of acting. Nothing was changed then.

The edge translates them: a page shows the message beside its field or as the error page of the
status, a command prints it to standard error and exits with status 1.
"""

from __future__ import annotations

from core.messages import N_, Message, Refused

__all__ = ["N_", "STATUS", "Conflict", "Forbidden", "Message", "NotFound", "Refused", "Unavailable"]


class NotFound(Refused):
    """It does not exist, or not for this reader."""


class Forbidden(Refused):
    """The reader may see it, but not do this."""


class Conflict(Refused):
    """Somebody else changed it meanwhile, or its month is closed."""


class Unavailable(Refused):
    """The installation itself lacks something, whoever asks: a key, for instance."""


STATUS: dict[type[Refused], int] = {
    NotFound: 404,
    Forbidden: 403,
    Conflict: 409,
    Unavailable: 503,
    Refused: 400,
}
