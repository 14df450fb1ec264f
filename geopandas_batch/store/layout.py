"""The layout of a cache file: its tables, and the steps that bring an older file to it."""

from __future__ import annotations

import sqlite3

from geopandas_batch.store import answers, journal, older

VERSION = 4

# What a person has decided, by the text of the address. In files of every layout; those who do not know it leave it.
_CORRECTIONS = """
CREATE TABLE IF NOT EXISTS correction (address TEXT PRIMARY KEY, lat REAL NOT NULL, lon REAL NOT NULL,
                                       formatted TEXT NOT NULL, match TEXT NOT NULL, kind TEXT NOT NULL,
                                       service TEXT NOT NULL, attribution TEXT NOT NULL, made REAL NOT NULL)
"""


def bring(db: sqlite3.Connection) -> int | None:
    """Bring a file to the layout of today, within a transaction; None, or the layout of a file that is newer."""
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version == VERSION:
        db.execute(_CORRECTIONS)
        return None
    if version > VERSION:
        return version
    if version == 0:
        _run(db, answers.SCHEMA + journal.SCHEMA + journal.TIMES)
    if version == 1:
        _run(db, "ALTER TABLE answer ADD COLUMN extra TEXT;" + journal.TIMES)
    if version in (1, 2):
        _move_jobs(db, "queries, ''" if version == 1 else "questions, owner")
    if 0 < version <= older.LAST:
        _set_answers_aside(db)
    db.execute(_CORRECTIONS)
    db.execute(f"PRAGMA user_version = {VERSION}")
    return None


def _set_answers_aside(db: sqlite3.Connection) -> None:
    """From a column for each part of an answer to one for all; `older.bring_some` does the rest, some at a time."""
    db.execute(f"ALTER TABLE answer RENAME TO {older.TABLE}")
    db.execute("ALTER TABLE source RENAME TO source_before")
    _run(db, answers.SCHEMA)
    db.execute("INSERT OR IGNORE INTO source SELECT * FROM source_before")
    db.execute("DROP TABLE source_before")


def _move_jobs(db: sqlite3.Connection, columns: str) -> None:
    """From a row for each key that is held to all keys of a job in one place."""
    jobs = db.execute(f"SELECT number, scope, id, submitted, {columns} FROM job").fetchall()
    keys: dict[int, list[bytes]] = {}
    for key, number in db.execute("SELECT key, number FROM held"):
        keys.setdefault(number, []).append(key)
    _run(db, "DROP TABLE held; DROP TABLE job;" + journal.SCHEMA)
    db.executemany(
        "INSERT INTO job (number, scope, id, submitted, questions, owner, keys) VALUES (?, ?, ?, ?, ?, ?, ?)",
        ((*job, b"".join(keys.get(job[0], ()))) for job in jobs),
    )


def _run(db: sqlite3.Connection, statements: str) -> None:
    """As `executescript`, which would end the transaction."""
    for statement in statements.split(";"):
        db.execute(statement)
