"""The first schema: tables as of 0.1.0, and the triggers that keep events append-only."""

from peewee import *


def up(migrator, db):
    class About(Model):
        key = TextField(primary_key=True)
        value = TextField()

        class Meta:
            database = db
            table_name = "about"

    db.create_tables([About])

    class Person(Model):
        id = BigAutoField()
        name = TextField(default="")
        language = TextField(null=True)
        created_at = BigIntegerField()

        class Meta:
            database = db
            table_name = "person"

    db.create_tables([Person])

    class Ticket(Model):
        id = BigAutoField()
        desk = TextField()
        subject = TextField()
        status = TextField()
        priority = TextField(default="medium")
        type = TextField(default="question")
        team = TextField()
        assignee = ForeignKeyField(Person, null=True, index=False)
        requester = ForeignKeyField(Person)
        resolution_code = TextField(null=True)
        resolution_text = TextField(null=True)
        escalation_level = IntegerField(default=0)
        channel = TextField()
        opened_at = BigIntegerField()
        updated_at = BigIntegerField()
        first_response_at = BigIntegerField(null=True)
        resolved_at = BigIntegerField(null=True)
        closed_at = BigIntegerField(null=True)
        merged_into = ForeignKeyField("self", null=True)

        class Meta:
            database = db
            table_name = "ticket"
            indexes = ((("status", "id"), False), (("requester", "opened_at"), False))

    db.create_tables([Ticket])

    class Raw(Model):
        sha256 = CharField(primary_key=True, max_length=64)
        size = BigIntegerField()
        content = BlobField()

        class Meta:
            database = db
            table_name = "raw"

    db.create_tables([Raw])

    class Message(Model):
        id = BigAutoField()
        ticket = ForeignKeyField(Ticket)
        kind = TextField()
        state = TextField()
        author = ForeignKeyField(Person, null=True, index=False)
        channel = TextField()
        subject = TextField()
        words = TextField()
        automatic = TextField(null=True)
        language = TextField(null=True)
        rfc_message_id = TextField(null=True)
        raw_bytes = ForeignKeyField(Raw, column_name="raw", object_id_name="raw_sha256", index=False)
        because = TextField()
        evidence = TextField()
        at = BigIntegerField()
        received_at = BigIntegerField()
        released_at = BigIntegerField(null=True)

        class Meta:
            database = db
            table_name = "message"

    db.create_tables([Message])

    class Attachment(Model):
        message = ForeignKeyField(Message)
        part = IntegerField()
        name = TextField()
        content_type = TextField()
        size = BigIntegerField()
        sha256 = CharField(max_length=64)
        content_id = TextField(null=True)
        inline = BooleanField()
        encoding = TextField()
        offset = BigIntegerField(column_name="raw_offset")
        length = BigIntegerField(column_name="raw_length")

        class Meta:
            database = db
            table_name = "attachment"
            primary_key = CompositeKey("message", "part")

    db.create_tables([Attachment])

    class Event(Model):
        id = BigAutoField()
        ticket = ForeignKeyField(Ticket)
        kind = TextField()
        at = BigIntegerField()
        recorded_at = BigIntegerField()
        actor = ForeignKeyField(Person, null=True, index=False)
        because = TextField()
        message = ForeignKeyField(Message, null=True, index=False)
        data = TextField(default="{}")

        class Meta:
            database = db
            table_name = "event"

    db.create_tables([Event])

    class Inbound(Model):
        id = BigAutoField()
        source = TextField()
        source_key = TextField(default="")
        desk = TextField()
        recipient = TextField()
        sender = TextField(null=True)
        peer = TextField(default="")
        login = TextField(null=True)
        trusted_network = BooleanField(default=False)
        fingerprint = CharField(max_length=64)
        claim = CharField(unique=True, null=True, max_length=64)
        state = TextField()
        because = TextField()
        error = TextField(null=True)
        from_text = TextField(default="")
        subject = TextField(default="")
        rfc_message_id = TextField(null=True)
        raw_bytes = ForeignKeyField(Raw, column_name="raw", object_id_name="raw_sha256", index=False)
        ticket = ForeignKeyField(Ticket, null=True)
        message = ForeignKeyField(Message, null=True, index=False)
        attempts = IntegerField(default=1)
        received_at = BigIntegerField()
        recorded_at = BigIntegerField()

        class Meta:
            database = db
            table_name = "inbound"
            indexes = ((("state", "id"), False),)

    db.create_tables([Inbound])

    class Hold(Model):
        id = BigAutoField()
        agent = ForeignKeyField(Person)
        inbound = ForeignKeyField(Inbound)
        message = ForeignKeyField(Message, null=True)
        because = TextField()
        created_at = BigIntegerField()
        expires_at = BigIntegerField()
        decided_at = BigIntegerField(null=True)
        decision = TextField(null=True)

        class Meta:
            database = db
            table_name = "hold"

    db.create_tables([Hold])

    class MailAddress(Model):
        key = TextField(primary_key=True)
        address = TextField()
        person = ForeignKeyField(Person)
        proved_at = BigIntegerField(null=True)

        class Meta:
            database = db
            table_name = "mail_address"

    db.create_tables([MailAddress])

    class NamedAddress(Model):
        ticket = ForeignKeyField(Ticket)
        key = TextField()

        class Meta:
            database = db
            table_name = "named_address"
            primary_key = CompositeKey("ticket", "key")

    db.create_tables([NamedAddress])

    class Outbox(Model):
        id = BigAutoField()
        desk = TextField()
        ticket = ForeignKeyField(Ticket, null=True)
        message = ForeignKeyField(Message, null=True, index=False)
        person = ForeignKeyField(Person, null=True, index=False)
        kind = TextField()
        recipient = TextField()
        lane = TextField()
        automatic = BooleanField()
        rfc_message_id = TextField(index=True)
        raw_bytes = ForeignKeyField(Raw, column_name="raw", object_id_name="raw_sha256", index=False)
        state = TextField(default="queued")
        attempts = IntegerField(default=0)
        due_at = BigIntegerField()
        created_at = BigIntegerField()
        settled_at = BigIntegerField(null=True)
        code = TextField(null=True)
        response = TextField(null=True)

        class Meta:
            database = db
            table_name = "outbox"
            indexes = ((("state", "due_at"), False), (("lane", "created_at"), False), (("ticket", "lane"), False))

    db.create_tables([Outbox])

    class Participant(Model):
        ticket = ForeignKeyField(Ticket)
        person = ForeignKeyField(Person)
        proved = BooleanField(default=False)
        since = BigIntegerField()

        class Meta:
            database = db
            table_name = "participant"
            primary_key = CompositeKey("ticket", "person")

    db.create_tables([Participant])

    class ThreadKey(Model):
        id = BigAutoField()
        rfc_message_id = TextField(index=True)
        ticket = ForeignKeyField(Ticket)

        class Meta:
            database = db
            table_name = "thread_key"

    db.create_tables([ThreadKey])

    class TicketLink(Model):
        ticket = ForeignKeyField(Ticket)
        other = ForeignKeyField(Ticket)
        kind = TextField()

        class Meta:
            database = db
            table_name = "ticket_link"
            primary_key = CompositeKey("ticket", "other", "kind")

    db.create_tables([TicketLink])

    class TicketTag(Model):
        ticket = ForeignKeyField(Ticket)
        tag = TextField()

        class Meta:
            database = db
            table_name = "ticket_tag"
            primary_key = CompositeKey("ticket", "tag")

    db.create_tables([TicketTag])

    if not isinstance(db, SqliteDatabase):
        db.execute_sql(
            "CREATE FUNCTION event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'events are append-only' USING ERRCODE = 'restrict_violation'; END $$"
        )
        db.execute_sql(
            "CREATE TRIGGER event_no_change BEFORE UPDATE OR DELETE ON event "
            "FOR EACH ROW EXECUTE FUNCTION event_is_append_only()"
        )
        return
    for act in ("UPDATE", "DELETE"):
        db.execute_sql(
            f"CREATE TRIGGER event_no_{act.lower()} BEFORE {act} ON event "
            "BEGIN SELECT RAISE(ABORT, 'events are append-only'); END"
        )


def down(migrator, db):
    migrator.migrate(migrator.drop_table("ticket_tag"))
    migrator.migrate(migrator.drop_table("ticket_link"))
    migrator.migrate(migrator.drop_table("thread_key"))
    migrator.migrate(migrator.drop_table("participant"))
    migrator.migrate(migrator.drop_table("outbox"))
    migrator.migrate(migrator.drop_table("named_address"))
    migrator.migrate(migrator.drop_table("mail_address"))
    migrator.migrate(migrator.drop_table("hold"))
    migrator.migrate(migrator.drop_table("inbound"))
    migrator.migrate(migrator.drop_table("event"))
    migrator.migrate(migrator.drop_table("attachment"))
    migrator.migrate(migrator.drop_table("message"))
    migrator.migrate(migrator.drop_table("raw"))
    migrator.migrate(migrator.drop_table("ticket"))
    migrator.migrate(migrator.drop_table("person"))
    migrator.migrate(migrator.drop_table("about"))
    if not isinstance(db, SqliteDatabase):
        db.execute_sql("DROP FUNCTION event_is_append_only")
