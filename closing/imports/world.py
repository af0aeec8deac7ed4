"""What the kinds of files are told: closed months, people, and the sections of the policy."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from closing.catalogue import fact_catalogue
from closing.months import closed_months
from closing.policy import Policy
from closing.versions import KIND, policy_in_force, policy_version, versions
from core.documents.problems import short
from core.errors import N_, Refused
from core.imports.cells import Bad
from core.imports.kinds import Setting
from core.models import DocumentVersion
from core.values import FactSpec, Month
from rewards.policy import Rule
from staff.attendance.policy import LeaveType
from staff.directory import People
from staff.models import Team

Seal = Callable[[str], str]


@dataclass(slots=True)
class Policies:
    """The policy by month: the version in force, else the oldest."""

    session: Session
    _by_month: dict[Month, Policy] = field(default_factory=dict)
    _facts: dict[str, dict[str, FactSpec]] = field(default_factory=dict)

    def at(self, month: Month) -> Policy:
        """Raises ``Refused`` where no policy was ever loaded."""
        if month not in self._by_month:
            self._by_month[month] = self._find(month)
        return self._by_month[month]

    def _find(self, month: Month) -> Policy:
        version = policy_in_force(self.session, month)
        if version is not None:
            return version.policy
        oldest = self.session.scalar(
            select(DocumentVersion.number)
            .where(DocumentVersion.kind == KIND)
            .order_by(DocumentVersion.effective_from, DocumentVersion.number.desc())
            .limit(1)
        )
        if oldest is None:
            raise Refused(N_("no policy is loaded: flask init, or flask policy load"))
        return policy_version(self.session, oldest).policy

    def leave_types(self, month: Month) -> Mapping[str, LeaveType]:
        return self.at(month).leave

    def rules(self, month: Month) -> Mapping[str, Rule]:
        return self.at(month).rules

    def competencies(self, month: Month) -> Collection[str]:
        return self.at(month).reviews.competencies

    def facts(self, month: Month) -> dict[str, FactSpec]:
        policy = self.at(month)
        if policy.hash not in self._facts:
            self._facts[policy.hash] = fact_catalogue(policy)
        return self._facts[policy.hash]

    def declared(self, month: Month) -> Collection[str]:
        return self.at(month).metrics

    def is_fact(self, key: str) -> bool:
        """Whether any version of the policy knows the fact."""
        months = {version.effective_from for version in versions(self.session)}
        return any(key in self.facts(month) for month in months)


@dataclass(frozen=True)
class World:
    """Everything that describes the moment of an import."""

    setting: Setting
    seal: Seal

    @property
    def session(self) -> Session:
        return self.setting.session

    @cached_property
    def people(self) -> People:
        return People(self.session)

    @cached_property
    def policies(self) -> Policies:
        return Policies(self.session)

    def teams(self) -> Callable[[str], int]:
        """A parser of paths of teams that are there, read with the first; raises ``Bad``."""

        @cache
        def known() -> dict[str, int]:
            return {path: key for key, path in self.session.execute(select(Team.id, Team.path))}

        def parse(cell: str) -> int:
            path = "/".join(part.strip() for part in cell.strip("/").split("/"))
            try:
                return known()[path]
            except KeyError:
                raise Bad(N_('there is no team "%(cell)s"'), cell=short(cell)) from None

        return parse

    def closed_only(self, months: Collection[Month]) -> World:
        """The same with only these months closed."""
        return World(replace(self.setting, closed=frozenset(months)), self.seal)


def world_at(session: Session, *, clock: datetime, seal: Seal) -> World:
    """``clock`` is the wall clock: later times in a file are refused."""
    return World(Setting(session, clock, frozenset(closed_months(session))), seal)
