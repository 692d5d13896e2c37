"""People: their contact card, and persons who turn out to be one."""

from peewee import *

COLUMNS = (
    ("person", "other_language", "TEXT"),
    ("person", "phone", "TEXT NOT NULL DEFAULT ''"),
    ("person", "organisation", "TEXT NOT NULL DEFAULT ''"),
    ("person", "remark", "TEXT NOT NULL DEFAULT ''"),
    ("person", "joined_into_id", "BIGINT REFERENCES person (id)"),
    ("mail_address", "joined_from_id", "BIGINT REFERENCES person (id)"),
)


def up(migrator, db):
    for table, column, kind in COLUMNS:
        db.execute_sql(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")
    db.execute_sql("CREATE INDEX person_joined_into_id ON person (joined_into_id)")


def down(migrator, db):
    db.execute_sql("DROP VIEW IF EXISTS v1_person")
    db.execute_sql("DROP INDEX person_joined_into_id")
    for table, column, _ in COLUMNS:
        db.execute_sql(f"ALTER TABLE {table} DROP COLUMN {column}")
