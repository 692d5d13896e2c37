"""Absences of agents, and what assignment looks at."""

from peewee import *

INDEXES = {
    "ticket_assignee": "ticket (assignee_id, status, id) WHERE assignee_id IS NOT NULL",
    "event_assigned": "event (id) WHERE kind = 'assigned'",
}


def up(migrator, db):
    class Person(Model):
        id = BigAutoField()

        class Meta:
            database = db
            table_name = "person"

    class Absence(Model):
        person = ForeignKeyField(Person, index=False)
        since = BigIntegerField()
        until = BigIntegerField(null=True)

        class Meta:
            database = db
            table_name = "absence"
            primary_key = CompositeKey("person", "since")

    db.create_tables([Absence])
    for name, what in INDEXES.items():
        db.execute_sql(f"CREATE INDEX {name} ON {what}")


def down(migrator, db):
    for name in INDEXES:
        db.execute_sql(f"DROP INDEX {name}")
    migrator.migrate(migrator.drop_table("absence"))
