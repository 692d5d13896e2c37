"""Mailboxes and doors: where a mail came in, when it is tried again, and what was seen of its author."""

from peewee import *

COLUMNS = (
    ("message", "evidence_detail", "TEXT NOT NULL DEFAULT ''"),
    ("inbound", "door", "TEXT NOT NULL DEFAULT ''"),
    ("inbound", "silent", "{bool} NOT NULL DEFAULT {false}"),
    ("inbound", "retry_at", "BIGINT"),
    ("inbound", "version", "TEXT NOT NULL DEFAULT ''"),
)
INDEXES = {
    "inbound_source_key": "inbound (source, source_key) WHERE source_key <> ''",
    "inbound_retry_at": "inbound (retry_at) WHERE retry_at IS NOT NULL",
}


def up(migrator, db):
    class MailFolder(Model):
        mailbox = TextField()
        folder = TextField()
        uidvalidity = BigIntegerField()
        first_uid = BigIntegerField()
        waiting = TextField(default="")
        silent_below = BigIntegerField(default=0)
        newest_before = BigIntegerField(null=True)
        since = BigIntegerField()

        class Meta:
            database = db
            table_name = "mail_folder"
            primary_key = CompositeKey("mailbox", "folder")

    db.create_tables([MailFolder])
    # as such, and not by the migrator, a column with a default is added without writing the table anew
    words = (
        {"bool": "INTEGER", "false": "0"} if isinstance(db, SqliteDatabase) else {"bool": "BOOLEAN", "false": "false"}
    )
    for table, column, kind in COLUMNS:
        db.execute_sql(f"ALTER TABLE {table} ADD COLUMN {column} {kind.format(**words)}")
    if not isinstance(db, SqliteDatabase):
        # compressing each mail would cost the server more than all else that is done for it
        db.execute_sql("ALTER TABLE raw ALTER COLUMN content SET STORAGE EXTERNAL")
    for name, what in INDEXES.items():
        db.execute_sql(f"CREATE INDEX {name} ON {what}")


def down(migrator, db):
    for name in INDEXES:
        db.execute_sql(f"DROP INDEX {name}")
    for table, column, _ in COLUMNS:
        db.execute_sql(f"ALTER TABLE {table} DROP COLUMN {column}")
    migrator.migrate(migrator.drop_table("mail_folder"))
