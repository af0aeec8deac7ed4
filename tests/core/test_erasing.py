"""Bytes of deleted rows in the files of SQLite: also of rows that once moved between pages."""

from __future__ import annotations

import re
from pathlib import Path

from flask import Flask
from sqlalchemy import text

from core.db import db, transaction
from core.erasing import rewrite

ROW = re.compile(rb"2026-10.{2,14}(?:attitude|expertise|teamwork)", re.DOTALL)


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
                    "CREATE TABLE reviews (id INTEGER PRIMARY KEY, month TEXT, ratee INT,"
                    " rater INT, word TEXT, rating INT, UNIQUE (month, ratee, rater, word))"
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
        kept = db.session.execute(text("SELECT * FROM reviews WHERE month = '2026-11'")).all()
        assert found(path) > len(rows) // 2
        with transaction():
            rewrite(db.session(), "reviews", "month <> '2026-10'")
        assert found(path) == 0
        assert db.session.execute(text("SELECT * FROM reviews")).all() == kept
        db.session.remove()
        db.engine.dispose()
