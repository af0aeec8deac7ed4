"""Importing the modules of these pages puts their routes on the blueprints."""

from __future__ import annotations

import closing.appeals.adjustment_routes
import closing.appeals.decision_routes
import closing.appeals.difference_routes
import closing.appeals.receipt_routes
import closing.appeals.routes
import closing.pages.acknowledgements
import closing.pages.announcements
import closing.pages.awards
import closing.pages.calibration
import closing.pages.draft_awards
import closing.pages.draft_publishing
import closing.pages.draft_rules
import closing.pages.draft_sheets
import closing.pages.drafts
import closing.pages.honours
import closing.pages.incidents
import closing.pages.jobs
import closing.pages.matrix
import closing.pages.months
import closing.pages.nominations
import closing.pages.payroll
import closing.pages.person_file
import closing.pages.policy
import closing.pages.preview
import closing.pages.procedure
import closing.pages.proposals
import closing.pages.publication
import closing.pages.tasks  # noqa: F401
from closing.appeals.blueprint import appeals as appeal_pages
from closing.pages.blueprints import closing as closing_pages
from closing.pages.blueprints import policy as policy_pages
from closing.pages.blueprints import rewards as rewards_pages

BLUEPRINTS = (rewards_pages, closing_pages, policy_pages, appeal_pages)
