"""The places of the left rail: blueprints name theirs, and a reader sees those that are open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app, request, url_for

from core.permissions import Permission
from core.values import Month
from core.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Place:
    """``label`` is a lazy text; ``icon`` a name of templates/components/icons.html.

    ``order`` sorts; places from 100 on stand below a line (closing, accounts and the like).
    """

    key: str
    label: Any
    endpoint: str
    permission: Permission
    icon: str
    order: int

    @property
    def is_here(self) -> bool:
        """Whether the page shown belongs to this place: same blueprint, or its own endpoint."""
        endpoint = request.endpoint or ""
        if endpoint == self.endpoint:
            return True
        blueprint = self.endpoint.rpartition(".")[0]
        return endpoint.rpartition(".")[0] == blueprint and not any(
            other.endpoint == endpoint for other in _places.values()
        )


_places: dict[str, Place] = {}


def place(
    key: str, label: Any, endpoint: str, permission: Permission, *, icon: str, order: int
) -> None:
    """Name a place; called where a blueprint is made, once per ``key``."""
    _places[key] = Place(key, label, endpoint, permission, icon, order)


def places_for(viewer: Viewer) -> list[Place]:
    """The places that this application has and this viewer may enter, in order."""
    return sorted(
        (
            each
            for each in _places.values()
            if each.endpoint in current_app.view_functions and viewer.may(each.permission)
        ),
        key=lambda each: (each.order, each.key),
    )


def place_url(each: Place, month: Month) -> str:
    """Its address in the month that is being looked at."""
    return url_for(each.endpoint, month=str(month))
