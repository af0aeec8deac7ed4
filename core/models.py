"""Tables that know no domain: months and their closings, versioned documents, audit, imports."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.db import BigKey, Key, Model, MonthType, UTCDateTime
from core.values import Month


class DocumentVersion(Model):
    """A published version of a document (the policy). Versions never change."""

    __tablename__ = "document_versions"
    __table_args__ = (UniqueConstraint("kind", "number"),)

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(20))
    number: Mapped[int]
    effective_from: Mapped[Month] = mapped_column(MonthType)
    hash: Mapped[str] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_by: Mapped[str] = mapped_column(String(120))


class MonthState(Model):
    """Whether a month is closed, and by which closing. A month without a row is open.

    ``published_at`` is the moment from which employees see their results; ``publish_at`` the one
    at which they are to (``closing.publishing.publish_due``): nobody sees anything by it. Locked
    in the database while closed: see ``core.lock``.
    """

    __tablename__ = "months"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'closed')", name="state"),
        CheckConstraint("(state = 'closed') = (closing_id IS NOT NULL)", name="closing"),
        CheckConstraint("publish_at IS NULL OR published_at IS NULL", name="published_once"),
        CheckConstraint("exported_at IS NULL OR state = 'closed'", name="exported_closed"),
    )

    month: Mapped[Month] = mapped_column(MonthType, primary_key=True)
    state: Mapped[str] = mapped_column(String(8), default="open")
    closing_id: Mapped[int | None] = mapped_column(ForeignKey("closings.id"), unique=True)
    exported_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    publish_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Closing(Model):
    """One closing of a month: a revision. Immutable once sealed."""

    __tablename__ = "closings"
    __table_args__ = (UniqueConstraint("month", "revision"),)

    id: Mapped[Key]
    month: Mapped[Month] = mapped_column(MonthType)
    revision: Mapped[int]
    document_version_id: Mapped[int] = mapped_column(ForeignKey("document_versions.id"))
    document_hash: Mapped[str] = mapped_column(String(64))
    as_of: Mapped[int | None] = mapped_column(BigInteger)
    calendar: Mapped[dict[str, Any]] = mapped_column(JSON)
    closed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    closed_by: Mapped[str] = mapped_column(String(120))
    left_out: Mapped[list[Any]] = mapped_column(JSON, deferred=True)  # long, and asked for rarely
    digest: Mapped[str | None] = mapped_column(String(64))
    # The head of the audit trail when it was made: a trail cut off before it shows.
    audit_number: Mapped[int | None] = mapped_column(BigInteger)
    audit_head: Mapped[str | None] = mapped_column(String(64))
    sealed: Mapped[bool] = mapped_column(Boolean, default=False)


class AuditEntry(Model):
    """Who, when, what, before, after, from where; chained by a keyed hash, append-only."""

    __tablename__ = "audit_entries"

    id: Mapped[BigKey]
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    actor: Mapped[str] = mapped_column(String(120))
    action: Mapped[str] = mapped_column(String(60), index=True)
    subject: Mapped[str] = mapped_column(String(200), index=True)
    payload: Mapped[str | None] = mapped_column(Text)
    payload_hash: Mapped[str] = mapped_column(String(64))
    origin: Mapped[str] = mapped_column(String(80))
    previous: Mapped[str] = mapped_column(String(64), unique=True)
    mac: Mapped[str] = mapped_column(String(64))


class Reopening(Model):
    """The trace without which a closed month's state does not change. Append-only.

    ``published_at`` is when its results were published, None where they were not at that moment.
    """

    __tablename__ = "reopenings"

    closing_id: Mapped[int] = mapped_column(ForeignKey("closings.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by: Mapped[str] = mapped_column(String(120))
    reason: Mapped[str] = mapped_column(Text)
    audit_id: Mapped[int] = mapped_column(ForeignKey("audit_entries.id"))
    published_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class ImportBatch(Model):
    """One file that came in: unmatched, previewed, applied or undone.

    ``kind`` is empty while nobody said which; ``mapping`` is the YAML by which it is read.
    """

    __tablename__ = "import_batches"
    __table_args__ = (
        CheckConstraint(
            "state IN ('unmatched', 'previewed', 'applied', 'undone', 'dropped')", name="state"
        ),
    )

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(20), index=True)
    filename: Mapped[str] = mapped_column(String(255))
    sha256: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(12))
    new: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    same: Mapped[int] = mapped_column(default=0)
    late: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_by: Mapped[str] = mapped_column(String(120))
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_by: Mapped[str | None] = mapped_column(String(120))
    report: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    mapping: Mapped[str | None] = mapped_column(Text)


class ImportMap(Model):
    """How files of a source are read: the YAML, and a digest of the headings that it was made for.

    ``document`` is what ``--map`` takes.
    """

    __tablename__ = "import_maps"
    __table_args__ = (UniqueConstraint("source", "kind"),)

    id: Mapped[Key]
    source: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(20))
    headings: Mapped[str] = mapped_column(String(64), index=True)
    document: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_by: Mapped[str] = mapped_column(String(120))


class ImportChange(Model):
    """A known row that an import changed: what stood there before, so that it can be undone."""

    __tablename__ = "import_changes"

    id: Mapped[BigKey]
    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batches.id"), index=True)
    row_id: Mapped[int] = mapped_column(BigInteger)
    table: Mapped[str] = mapped_column(String(40))
    month: Mapped[Month | None] = mapped_column(MonthType)
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    after: Mapped[dict[str, Any]] = mapped_column(JSON)


class LateRow(Model):
    """A row for a closed month: set aside, listed, applied only if the month is reopened.

    ``taken_by`` is the batch that applied it; where that is undone, the row waits again.
    """

    __tablename__ = "late_rows"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'applied', 'dropped')", name="state"),
        Index("ix_late_rows_kind_key", "kind", "key"),
    )

    id: Mapped[BigKey]
    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batches.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    month: Mapped[Month] = mapped_column(MonthType, index=True)
    row_number: Mapped[int]
    key: Mapped[str] = mapped_column(String(200))
    values: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    error: Mapped[str | None] = mapped_column(Text)
    taken_by: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"), index=True)


class UnmappedRow(Model):
    """A row of a foreign file whose person nobody is mapped to: kept until somebody is.

    ``values`` are cells by our columns, ``column`` the one with the external id. A row of an import
    that was undone waits no more. ``taken_by`` is the batch that applied it; where that is undone,
    the row waits again.
    """

    __tablename__ = "unmapped_rows"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'applied', 'dropped')", name="state"),
        Index("ix_unmapped_rows_source_external_id", "source", "external_id"),
    )

    id: Mapped[BigKey]
    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batches.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(String(40))
    external_id: Mapped[str] = mapped_column(String(120))
    column: Mapped[str] = mapped_column(String(20))
    ways: Mapped[str] = mapped_column(String(40))
    row_number: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64), index=True)
    values: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    error: Mapped[str | None] = mapped_column(Text)
    taken_by: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"), index=True)


class WrappedKey(Model):
    """A key that the master key encrypts: see ``core.keyring``."""

    __tablename__ = "wrapped_keys"

    id: Mapped[Key]
    purpose: Mapped[str] = mapped_column(String(20), index=True)
    wrapped: Mapped[str] = mapped_column(Text)


class Setting(Model):
    """What this installation was told to do otherwise than the environment's settings say."""

    __tablename__ = "settings"

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))


class RefusalCount(Model):
    """How many refusals somebody met with in the minute (since 1970) in which they last met one."""

    __tablename__ = "refusal_counts"

    who: Mapped[str] = mapped_column(String(140), primary_key=True)
    minute: Mapped[int] = mapped_column(BigInteger)
    number: Mapped[int]


class OutgoingMail(Model):
    """A letter, written in the transaction that causes it and sent after it: see ``core.mail``.

    ``body`` is encrypted, for it may hold a link that signs in, and emptied once it is sent.
    ``recipient`` is None where there is nobody to write to. One with a ``topic`` must not tell whom
    it went to for longer than it waits: its row is removed once it is sent or given up.
    """

    __tablename__ = "outgoing_mails"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'sending', 'sent', 'failed')", name="state"),
        Index("ix_outgoing_mails_due", "state", "due_at"),
    )

    id: Mapped[BigKey]
    reference: Mapped[str] = mapped_column(String(40), unique=True)
    recipient: Mapped[str | None] = mapped_column(String(254))
    topic: Mapped[str | None] = mapped_column(String(80), index=True)
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    error: Mapped[str | None] = mapped_column(String(200))


class Attachment(Model):
    """A file that belongs to a record; its bytes lie encrypted outside: see ``core.attachments``.

    ``subject`` says what it belongs to (``incident:12``), ``file`` is its name in the folder,
    ``sha256`` that of the encrypted file, ``size`` that of the plain one.
    """

    __tablename__ = "attachments"
    __table_args__ = (CheckConstraint("size > 0", name="size"),)

    id: Mapped[Key]
    subject: Mapped[str] = mapped_column(String(60), index=True)
    name: Mapped[str] = mapped_column(String(120))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    file: Mapped[str] = mapped_column(String(40), unique=True)
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_by: Mapped[str] = mapped_column(String(120))
    created_by_id: Mapped[int | None] = mapped_column(BigInteger)


class Job(Model):
    """Long work that somebody asked for: what the table says is so (``core.jobs``).

    At most one unfinished job of a kind about a subject. ``state`` becomes ``done`` in the very
    transaction of the work. ``message`` and ``params`` of a failed one say why.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="state"),
        CheckConstraint("(state IN ('done', 'failed')) = (ended_at IS NOT NULL)", name="ended"),
        CheckConstraint("state != 'failed' OR message IS NOT NULL", name="message"),
        Index(
            "uq_jobs_unfinished",
            "kind",
            "subject",
            unique=True,
            sqlite_where=text("state IN ('queued', 'running')"),
            postgresql_where=text("state IN ('queued', 'running')"),
        ),
    )

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(120))
    state: Mapped[str] = mapped_column(String(8), default="queued")
    actor: Mapped[dict[str, Any]] = mapped_column(JSON)
    asked_by: Mapped[str] = mapped_column(String(120))
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    tries: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    message: Mapped[str | None] = mapped_column(Text)
    params: Mapped[dict[str, Any] | None] = mapped_column(JSON)
