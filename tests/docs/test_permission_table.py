"""The table of permissions in the documentation is that of the code."""

from __future__ import annotations

from support.repository import ROOT

from core.permissions import ROLES, Permission, Role, Scope

HEAD = "| permission | "
NONE = "—"


def documented(text: str) -> dict[str, dict[str, str]]:
    """Scope by role by permission, from the table that begins with ``permission``."""
    lines = text[text.index(HEAD) :].split("\n\n")[0].splitlines()
    rows = [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines]
    roles = rows[0][1:-1]
    return {row[0]: dict(zip(roles, row[1:-1], strict=True)) for row in rows[2:]}


def test_the_documented_table_is_that_of_the_code() -> None:
    text = (ROOT / "docs/permissions.md").read_text(encoding="utf-8")
    code = {
        str(permission): {str(role): str(ROLES[role].get(permission, NONE)) for role in Role}
        for permission in Permission
    }
    assert documented(text) == code


def test_every_role_and_scope_is_explained() -> None:
    text = (ROOT / "docs/permissions.md").read_text(encoding="utf-8")
    above = text[: text.index("## The table")]
    assert {role for role in Role if f"`{role}`" not in above} == set()
    assert {scope for scope in Scope if f"| {scope} |" not in above} == set()
