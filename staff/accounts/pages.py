"""Pages about accounts: importing their routes puts them on the blueprints."""

from __future__ import annotations

from staff.accounts import administration_routes as _administration_routes  # noqa: F401
from staff.accounts import deputy_routes as _deputy_routes  # noqa: F401
from staff.accounts import first_routes as _first_routes  # noqa: F401
from staff.accounts import mailbox_routes as _mailbox_routes  # noqa: F401
from staff.accounts import own_routes as _own_routes  # noqa: F401
from staff.accounts import role_routes as _role_routes  # noqa: F401
from staff.accounts import routes as _routes  # noqa: F401
from staff.accounts import sign_on as _sign_on  # noqa: F401
from staff.accounts.blueprints import accounts, administration

BLUEPRINTS = (accounts, administration)
