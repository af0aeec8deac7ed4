"""The blueprint of appeals, receipts and adjustments."""

from __future__ import annotations

from flask import Blueprint

appeals = Blueprint("appeals", __name__)
