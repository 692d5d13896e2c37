"""Promises: calendars, policies and what stands on them, and what the clock needs to know of a ticket."""

from peewee import *

COLUMNS = (
    ("turn_since", "BIGINT"),
    ("turns", "INTEGER NOT NULL DEFAULT 0"),
    ("idle_since", "BIGINT NOT NULL DEFAULT 0"),
    ("rules_acted", "TEXT NOT NULL DEFAULT ''"),
    ("snoozed_until", "BIGINT"),
    ("dormant", "{bool} NOT NULL DEFAULT {false}"),
    ("wake_at", "BIGINT"),
)
ANSWERED = "(SELECT MAX(a.at) FROM message a WHERE a.ticket_id = ticket.id AND a.released_at IS NOT NULL)"
TURNS = f"""
UPDATE ticket SET turns = 1, turn_since = (
    SELECT MIN(m.at) FROM message m
    WHERE m.ticket_id = ticket.id AND m.kind = 'customer' AND m.state = 'filed' AND m.at > COALESCE({ANSWERED}, -1)
) WHERE status IN ('new', 'open', 'pending', 'on_hold')
"""  # noqa: S608 - constants alone


def up(migrator, db):
    class Ticket(Model):
        class Meta:
            database = db
            table_name = "ticket"

        id = BigAutoField()

    class Calendar(Model):
        version = CharField(64, primary_key=True)
        name = TextField()
        definition = TextField()
        made_at = BigIntegerField()

        class Meta:
            database = db
            table_name = "calendar"

    class CalendarYear(Model):
        calendar = CharField(64)
        year = IntegerField()
        content = TextField()

        class Meta:
            database = db
            table_name = "calendar_year"
            primary_key = CompositeKey("calendar", "year")

    class SlaPolicy(Model):
        version = CharField(64, primary_key=True)
        name = TextField()
        terms = TextField()
        made_at = BigIntegerField()

        class Meta:
            database = db
            table_name = "sla_policy"

    class Promise(Model):
        id = BigAutoField()
        ticket = ForeignKeyField(Ticket, index=False)
        metric = TextField()
        cycle = IntegerField()
        policy = CharField(64)
        calendar = CharField(64)
        budget = BigIntegerField()
        started_at = BigIntegerField()
        state = TextField()
        running_since = BigIntegerField(null=True)
        spent = BigIntegerField()
        due_at = BigIntegerField(null=True)
        warned_at = BigIntegerField(null=True)
        broken_at = BigIntegerField(null=True)
        kept_at = BigIntegerField(null=True)
        ended_at = BigIntegerField(null=True)
        because = TextField(default="")
        done = TextField(default="")

        class Meta:
            database = db
            table_name = "promise"
            indexes = ((("ticket", "metric", "cycle"), True),)

    db.create_tables([Calendar, CalendarYear, SlaPolicy, Promise])
    words = (
        {"bool": "INTEGER", "false": "0"} if isinstance(db, SqliteDatabase) else {"bool": "BOOLEAN", "false": "false"}
    )
    for column, kind in COLUMNS:
        db.execute_sql(f"ALTER TABLE ticket ADD COLUMN {column} {kind.format(**words)}")
    db.execute_sql("CREATE INDEX ticket_wake_at ON ticket (wake_at) WHERE wake_at IS NOT NULL")
    db.execute_sql("UPDATE ticket SET idle_since = updated_at")
    db.execute_sql(TURNS)


def down(migrator, db):
    for view in ("v1_promise", "v1_calendar", "v1_policy"):
        db.execute_sql(f"DROP VIEW IF EXISTS {view}")
    db.execute_sql("DROP INDEX ticket_wake_at")
    for column, _ in COLUMNS:
        db.execute_sql(f"ALTER TABLE ticket DROP COLUMN {column}")
    for table in ("promise", "sla_policy", "calendar_year", "calendar"):
        migrator.migrate(migrator.drop_table(table))
