"""What HTTP needs: tokens, answers that may be asked for again, fields of the operator's own, webhooks, sign-ins.

And what the search looks in, still empty: ``store.indexing`` fills it when the database is opened.
"""

from peewee import *

FTS5 = (
    "CREATE VIRTUAL TABLE search USING fts5 (subject, who, words, notes, tokenize = 'ascii')",
    "INSERT INTO search (search, rank) VALUES ('automerge', 8)",
)
TSVECTOR = (
    "CREATE TABLE search_entry (number BIGINT PRIMARY KEY, ticket_id BIGINT, person_id BIGINT, found tsvector NOT NULL)",
    "CREATE INDEX search_entry_ticket_id ON search_entry (ticket_id)",
    # a short list of what is not yet sorted in: every search reads it through
    "CREATE INDEX search_entry_ticket ON search_entry USING gin (found) WITH (gin_pending_list_limit = 256) WHERE ticket_id IS NOT NULL",
    "CREATE INDEX search_entry_person ON search_entry USING gin (found) WITH (gin_pending_list_limit = 256) WHERE person_id IS NOT NULL",
)


def up(migrator, db):
    class Person(Model):
        id = BigAutoField()

        class Meta:
            database = db
            table_name = "person"

    class Ticket(Model):
        id = BigAutoField()

        class Meta:
            database = db
            table_name = "ticket"

    class Token(Model):
        id = BigAutoField()
        name = TextField()
        digest = CharField(64, unique=True)
        scopes = TextField()
        person = ForeignKeyField(Person, null=True, index=False)
        role = TextField(default="")
        created_at = BigIntegerField()
        expires_at = BigIntegerField(null=True)
        revoked_at = BigIntegerField(null=True)
        used_at = BigIntegerField(null=True)

        class Meta:
            database = db
            table_name = "token"

    class Repeatable(Model):
        token = ForeignKeyField(Token, index=False)
        key = TextField()
        request = CharField(64)
        status = IntegerField()
        headers = TextField(default="{}")
        body = TextField()
        created_at = BigIntegerField(index=True)

        class Meta:
            database = db
            table_name = "repeatable"
            primary_key = CompositeKey("token", "key")

    class TicketField(Model):
        ticket = ForeignKeyField(Ticket)
        name = TextField()
        value = TextField()

        class Meta:
            database = db
            table_name = "ticket_field"
            primary_key = CompositeKey("ticket", "name")

    class Webhook(Model):
        endpoint = TextField(primary_key=True)
        event = BigIntegerField(default=0)
        attempts = IntegerField(default=0)
        due_at = BigIntegerField(default=0)
        failing_since = BigIntegerField(null=True)
        paused_at = BigIntegerField(null=True)
        told_at = BigIntegerField(null=True)
        response = TextField(default="")

        class Meta:
            database = db
            table_name = "webhook"

    class SignIn(Model):
        digest = CharField(64, primary_key=True)
        kind = TextField()
        person = ForeignKeyField(Person, index=False)
        created_at = BigIntegerField()
        expires_at = BigIntegerField(index=True)
        used_at = BigIntegerField(null=True)

        class Meta:
            database = db
            table_name = "sign_in"

    db.create_tables([Token, Repeatable, TicketField, Webhook, SignIn])
    db.execute_sql("DROP INDEX ticket_status_id")
    for name, table, columns, where in INDEXES:
        db.execute_sql(f'CREATE INDEX "{name}" ON "{table}" ({columns}){where}')
    for statement in FTS5 if isinstance(db, SqliteDatabase) else TSVECTOR:
        db.execute_sql(statement)


INDEXES = (
    ("ticket_status_opened_at_id", "ticket", '"status", "opened_at", "id"', ""),
    ("ticket_opened_at_id", "ticket", '"opened_at", "id"', ""),
    ("ticket_updated_at_id", "ticket", '"updated_at", "id"', ""),
    ("promise_owed", "promise", '"due_at", "ticket_id"', ' WHERE "ended_at" IS NULL'),
)


def down(migrator, db):
    db.execute_sql("DROP VIEW IF EXISTS v1_field")
    for name, *_ in INDEXES:
        db.execute_sql(f'DROP INDEX "{name}"')
    db.execute_sql("CREATE INDEX ticket_status_id ON ticket (status, id)")
    db.execute_sql("DROP TABLE " + ("search" if isinstance(db, SqliteDatabase) else "search_entry"))
    db.execute_sql("DELETE FROM about WHERE key IN ('search', 'views')")
    for table in ("sign_in", "webhook", "ticket_field", "repeatable", "token"):
        migrator.migrate(migrator.drop_table(table))
