"""Bytes of deleted rows in the files of SQLite: also of rows that once moved between pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from core.db import db, transaction
from core.erasing import rewrite

ROW = re.compile(rb"2026-10.{2,14}(?:attitude|expertise|teamwork)", re.DOTALL)

DDL = (
    "CREATE INDEX ix_word ON reviews (word)",
    "CREATE TRIGGER stay BEFORE DELETE ON reviews BEGIN SELECT RAISE(ABORT, 'kept'); END",
)
SCHEMA = "SELECT type, name, sql FROM sqlite_master WHERE name <> 'kept' ORDER BY name"


def found(path: Path) -> int:
    files = (path, path.with_name(f"{path.name}-wal"))
    return sum(len(ROW.findall(file.read_bytes())) for file in files if file.exists())


def test_no_byte_stays_of_rows_that_moved_when_their_pages_were_split(tmp_path: Path) -> None:
    """``secure_delete`` alone leaves some in the free space of pages that stay in use."""
    path = tmp_path / "a.db"
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{path}"
    db.init_app(app)
    rows = [
        {"month": month, "ratee": ratee, "rater": rater, "word": word, "rating": 3}
        for month in ("2026-10", "2026-11")
        for ratee in range(100, 160)
        for rater in range(100, 112)
        for word in ("attitude", "expertise", "teamwork")
    ]
    with app.app_context():
        with transaction():
            db.session.execute(
                text(
                    "CREATE TABLE reviews (id INTEGER PRIMARY KEY AUTOINCREMENT, month TEXT,"
                    " ratee INT, rater INT, word TEXT, rating INT,"
                    " UNIQUE (month, ratee, rater, word))"
                )
            )
            for start in range(0, len(rows), 500):
                db.session.execute(
                    text(
                        "INSERT INTO reviews (month, ratee, rater, word, rating)"
                        " VALUES (:month, :ratee, :rater, :word, :rating)"
                    ),
                    rows[start : start + 500],
                )
            for statement in DDL:
                db.session.execute(text(statement))
        kept = db.session.execute(text("SELECT * FROM reviews WHERE month = '2026-11'")).all()
        schema = db.session.execute(text(SCHEMA)).all()
        assert found(path) > len(rows) // 2
        db.session.rollback()
        rewrite(db.session(), "reviews", "FALSE")
        db.session.rollback()  # also where nothing else was written before
        assert db.session.scalar(text("SELECT count(*) FROM reviews")) == len(rows)
        with transaction():
            rewrite(db.session(), "reviews", "month <> '2026-10'")
        assert found(path) == 0
        assert db.session.execute(text("SELECT * FROM reviews")).all() == kept
        assert db.session.execute(text(SCHEMA)).all() == schema
        with pytest.raises(IntegrityError, match="kept"):
            db.session.execute(text("DELETE FROM reviews"))
        db.session.rollback()
        with transaction():
            rewrite(db.session(), "reviews", "FALSE")
        db.session.execute(text("INSERT INTO reviews (month) VALUES ('2026-12')"))
        assert db.session.scalar(text("SELECT id FROM reviews")) == len(rows) + 1
        db.session.remove()
        db.engine.dispose()
