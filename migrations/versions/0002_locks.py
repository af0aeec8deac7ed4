"""the lock of closed months"""

from __future__ import annotations

from alembic import op

from core import lock

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

LOCKS = lock.Locks(
    by_closing=("fact_sheets", "scorecards"),
    by_scorecard=("scorecard_lines", "rule_entries", "pays"),
    by_month=(
        "person_days",
        "review_groups",
        "review_participants",
        "review_seals",
        "review_comments",
    ),
    by_payment=("pay_adjustments",),
)


def upgrade() -> None:
    for statement in lock.statements(op.get_bind(), LOCKS):
        op.execute(statement)
