"""Agents by mail: what an undo needs, replies that wait, watchers, absences, news for a digest; cards of people."""

from peewee import *

COLUMNS = (
    ("ticket", "undelivered", "BIGINT"),
    ("participant", "via_id", "BIGINT REFERENCES ticket (id)"),
    ("person", "other_language", "TEXT"),
    ("person", "phone", "TEXT NOT NULL DEFAULT ''"),
    ("person", "organisation", "TEXT NOT NULL DEFAULT ''"),
    ("person", "remark", "TEXT NOT NULL DEFAULT ''"),
    ("person", "joined_into_id", "BIGINT REFERENCES person (id)"),
    ("mail_address", "joined_from_id", "BIGINT REFERENCES person (id)"),
)


INDEXES = (
    ("ticket_assignee", "ticket (assignee_id, status, id) WHERE assignee_id IS NOT NULL"),
    ("event_assigned", "event (id) WHERE kind = 'assigned'"),
    ("person_joined_into_id", "person (joined_into_id)"),
)


def up(migrator, db):
    class Person(Model):
        class Meta:
            database = db
            table_name = "person"

        id = BigAutoField()

    class Ticket(Model):
        class Meta:
            database = db
            table_name = "ticket"

        id = BigAutoField()

    class Message(Model):
        class Meta:
            database = db
            table_name = "message"

        id = BigAutoField()

    class Watcher(Model):
        ticket = ForeignKeyField(Ticket)
        person = ForeignKeyField(Person)
        since = BigIntegerField()

        class Meta:
            database = db
            table_name = "watcher"
            primary_key = CompositeKey("ticket", "person")

    class Act(Model):
        id = BigAutoField()
        agent = ForeignKeyField(Person, index=False)
        ticket = ForeignKeyField(Ticket, null=True)
        message = ForeignKeyField(Message, null=True, index=False)
        rfc_message_id = TextField(null=True)
        did = TextField(default="[]")
        at = BigIntegerField()
        undone_at = BigIntegerField(null=True)

        class Meta:
            database = db
            table_name = "act"
            indexes = ((("agent", "rfc_message_id"), False),)

    class Waiting(Model):
        message = ForeignKeyField(Message, primary_key=True)
        agent = ForeignKeyField(Person, index=False)
        becomes = TextField(null=True)
        until = BigIntegerField(null=True)
        people = TextField(default="[]")
        release_at = BigIntegerField(index=True)

        class Meta:
            database = db
            table_name = "waiting"

    class Notice(Model):
        act = ForeignKeyField(Act, primary_key=True)
        status = TextField()
        told = TextField()
        people = TextField()
        release_at = BigIntegerField(index=True)

        class Meta:
            database = db
            table_name = "notice"

    class Absence(Model):
        person = ForeignKeyField(Person, index=False)
        since = BigIntegerField()
        until = BigIntegerField(null=True)

        class Meta:
            database = db
            table_name = "absence"
            primary_key = CompositeKey("person", "since")

    class News(Model):
        id = BigAutoField()
        person = ForeignKeyField(Person)
        ticket = ForeignKeyField(Ticket, index=False)
        message = ForeignKeyField(Message, null=True, index=False)
        kind = TextField()
        at = BigIntegerField()

        class Meta:
            database = db
            table_name = "news"

    db.create_tables([Watcher, Act, Waiting, Notice, Absence, News])
    for table, column, kind in COLUMNS:
        db.execute_sql(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")
    for name, what in INDEXES:
        db.execute_sql(f"CREATE INDEX {name} ON {what}")


def down(migrator, db):
    db.execute_sql("DROP VIEW IF EXISTS v1_person")
    for name, _ in INDEXES:
        db.execute_sql(f"DROP INDEX {name}")
    for table, column, _ in COLUMNS:
        db.execute_sql(f"ALTER TABLE {table} DROP COLUMN {column}")
    for table in ("news", "absence", "notice", "waiting", "act", "watcher"):
        migrator.migrate(migrator.drop_table(table))
