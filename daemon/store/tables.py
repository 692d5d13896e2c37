"""The tables, as peewee models. They hold the present truth; ``event`` holds how it came.

Instants are whole seconds UTC; addresses are stored under their ``casefold`` key; names of tables are singular.
The models are bound to the database that ``store.db`` opens. What others may read are the ``v1_*`` views alone
(``public.sql``). A change here needs a migration; a test compares the two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import peewee as pw

database = pw.DatabaseProxy()


class Row(pw.Model):
    class Meta:
        database = database
        legacy_table_names = False


class Numbered(Row):
    id = pw.BigAutoField()


class About(Row):
    """Facts about this database itself, such as the version of its views."""

    key = pw.TextField(primary_key=True)
    value = pw.TextField()


class Person(Numbered):
    """Someone who writes or is written to.

    ``language`` is the one they are written to in, ``other_language`` that of their last mail where it was another.
    ``joined_into`` is who they turned out to be: what they wrote and did stays under this number, and all that is still
    theirs (addresses, tickets, a place in a conversation) is the other's. It points at someone who was not joined.
    """

    name = pw.TextField(default="")
    language = pw.TextField(null=True)
    other_language = pw.TextField(null=True)
    phone = pw.TextField(default="")
    organisation = pw.TextField(default="")
    remark = pw.TextField(default="")
    joined_into = pw.ForeignKeyField("self", null=True)
    created_at = pw.BigIntegerField()

    if TYPE_CHECKING:
        joined_into_id: int | None


class MailAddress(Row):
    """An address and whose it is. ``proved_at``: when its owner first answered a mail that only they had;
    ``joined_from`` whose it was before two persons became one."""

    key = pw.TextField(primary_key=True)
    address = pw.TextField()
    person = pw.ForeignKeyField(Person, backref="addresses")
    proved_at = pw.BigIntegerField(null=True)
    joined_from = pw.ForeignKeyField(Person, null=True, index=False, backref="left_addresses")

    if TYPE_CHECKING:
        joined_from_id: int | None


class Ticket(Numbered):
    """The present truth of a ticket.

    ``undelivered``: since when an answer is known not to have arrived, until that is settled. ``turn_since``: the
    oldest customer message that is unanswered, and ``turns`` counts such; ``idle_since``: the last change of status or
    word of customer or agent, and ``rules_acted`` the rules of automation that acted since; ``dormant``: history, to
    which nothing is promised; ``wake_at``: when the clock has something to do with it.
    """

    desk = pw.TextField()
    subject = pw.TextField()
    status = pw.TextField()
    priority = pw.TextField(default="medium")
    type = pw.TextField(default="question")
    team = pw.TextField()
    assignee = pw.ForeignKeyField(Person, null=True, index=False)
    requester = pw.ForeignKeyField(Person)
    resolution_code = pw.TextField(null=True)
    resolution_text = pw.TextField(null=True)
    escalation_level = pw.IntegerField(default=0)
    channel = pw.TextField()
    opened_at = pw.BigIntegerField()
    updated_at = pw.BigIntegerField()
    first_response_at = pw.BigIntegerField(null=True)
    resolved_at = pw.BigIntegerField(null=True)
    closed_at = pw.BigIntegerField(null=True)
    merged_into = pw.ForeignKeyField("self", null=True)
    undelivered = pw.BigIntegerField(null=True)
    turn_since = pw.BigIntegerField(null=True)
    turns = pw.IntegerField(default=0)
    idle_since = pw.BigIntegerField(default=0)
    rules_acted = pw.TextField(default="")
    snoozed_until = pw.BigIntegerField(null=True)
    dormant = pw.BooleanField(default=False)
    wake_at = pw.BigIntegerField(null=True)

    if TYPE_CHECKING:
        assignee_id: int | None
        requester_id: int
        merged_into_id: int | None

    class Meta:
        indexes = (
            (("status", "opened_at", "id"), False),
            (("requester", "opened_at"), False),
            (("opened_at", "id"), False),
            (("updated_at", "id"), False),
        )


Ticket.add_index(Ticket.wake_at, where=Ticket.wake_at.is_null(False), name="ticket_wake_at")
Ticket.add_index(
    Ticket.assignee, Ticket.status, Ticket.id, where=Ticket.assignee.is_null(False), name="ticket_assignee"
)


class Participant(Row):
    """Who receives the public mail of a ticket: its requester, and those whom an agent added.

    ``proved``: their address was known to be theirs when they came, so their thread bears the customer's own subject.
    ``via``: the ticket that was merged into this one and that they know: their thread goes on under its number.
    """

    ticket = pw.ForeignKeyField(Ticket)
    person = pw.ForeignKeyField(Person)
    proved = pw.BooleanField(default=False)
    since = pw.BigIntegerField()
    via = pw.ForeignKeyField(Ticket, null=True, index=False, backref="+")

    class Meta:
        primary_key = pw.CompositeKey("ticket", "person")


class Watcher(Row):
    """An agent who hears of a ticket that is not theirs."""

    ticket = pw.ForeignKeyField(Ticket)
    person = pw.ForeignKeyField(Person)
    since = pw.BigIntegerField()

    class Meta:
        primary_key = pw.CompositeKey("ticket", "person")


class NamedAddress(Row):
    """An address named in To or Cc of a filed message: its owner may join the ticket, and receives nothing."""

    ticket = pw.ForeignKeyField(Ticket)
    key = pw.TextField()

    class Meta:
        primary_key = pw.CompositeKey("ticket", "key")


class Absence(Row):
    """A time in which an agent is away: nothing is given to them. ``until`` None: nobody knows for how long."""

    person = pw.ForeignKeyField(Person, index=False)
    since = pw.BigIntegerField()
    until = pw.BigIntegerField(null=True)

    class Meta:
        primary_key = pw.CompositeKey("person", "since")


class TicketTag(Row):
    ticket = pw.ForeignKeyField(Ticket)
    tag = pw.TextField()

    class Meta:
        primary_key = pw.CompositeKey("ticket", "tag")


class TicketLink(Row):
    """``ticket`` points at ``other``: follow-up, same-mail (at another desk), or mentioned (an unproved claim)."""

    ticket = pw.ForeignKeyField(Ticket, backref="links")
    other = pw.ForeignKeyField(Ticket, backref="linked_by")
    kind = pw.TextField()

    class Meta:
        primary_key = pw.CompositeKey("ticket", "other", "kind")


class Raw(Row):
    """The bytes of a message, once, under their SHA-256 (hex)."""

    sha256 = pw.CharField(64, primary_key=True)
    size = pw.BigIntegerField()
    content = pw.BlobField()


class Message(Numbered):
    """One mail of a conversation, of a customer, an agent or a machine.

    ``words`` are the new words, ``at`` is when it counts (the release, for a reply that was held), ``because`` the
    rule that joined it to its ticket, ``evidence`` what proved its author or why nothing did, ``evidence_detail`` what
    was seen.
    """

    ticket = pw.ForeignKeyField(Ticket, backref="messages")
    kind = pw.TextField()
    state = pw.TextField()
    author = pw.ForeignKeyField(Person, null=True, index=False)
    channel = pw.TextField()
    subject = pw.TextField()
    words = pw.TextField()
    automatic = pw.TextField(null=True)
    language = pw.TextField(null=True)
    rfc_message_id = pw.TextField(null=True)
    raw_bytes = pw.ForeignKeyField(Raw, column_name="raw", object_id_name="raw_sha256", index=False)
    because = pw.TextField()
    evidence = pw.TextField()
    evidence_detail = pw.TextField(default="")
    at = pw.BigIntegerField()
    received_at = pw.BigIntegerField()
    released_at = pw.BigIntegerField(null=True)


class Attachment(Row):
    """A part of a stored message; its bytes are read out of ``raw`` when asked for."""

    message = pw.ForeignKeyField(Message, backref="attachments")
    part = pw.IntegerField()
    name = pw.TextField()
    content_type = pw.TextField()
    size = pw.BigIntegerField()
    sha256 = pw.CharField(64)
    content_id = pw.TextField(null=True)
    inline = pw.BooleanField()
    encoding = pw.TextField()
    offset = pw.BigIntegerField(column_name="raw_offset")
    length = pw.BigIntegerField(column_name="raw_length")

    class Meta:
        primary_key = pw.CompositeKey("message", "part")


class ThreadKey(Numbered):
    """A Message-ID that stands on a ticket, theirs or ours: what References are looked up in."""

    rfc_message_id = pw.TextField(index=True)
    ticket = pw.ForeignKeyField(Ticket)


class Event(Numbered):
    """What happened to a ticket; append-only, a trigger says so. Ids only, never addresses or words.

    ``at``: when it became true. ``recorded_at``: when it was noticed. ``data``: JSON, with ``from`` and ``to`` where
    something changed. ``message`` is the message that caused it.
    """

    ticket = pw.ForeignKeyField(Ticket, backref="events")
    kind = pw.TextField()
    at = pw.BigIntegerField()
    recorded_at = pw.BigIntegerField()
    actor = pw.ForeignKeyField(Person, null=True, index=False)
    because = pw.TextField()
    message = pw.ForeignKeyField(Message, null=True, index=False)
    data = pw.TextField(default="{}")


Event.add_index(Event.id, where=(Event.kind == "assigned"), name="event_assigned")


class Inbound(Numbered):
    """The ledger: a row for every mail seen and each desk it came to.

    ``claim`` is the fingerprint with its desk on the one row that stands for that mail (unique), and NULL on rows
    that repeat it. ``source_key`` names the mail in a mailbox: folder, UIDVALIDITY and UID. ``door`` is the listener
    or mailbox, ``retry_at`` when a mail that failed is tried again by itself, ``version`` the program that tried last.
    """

    source = pw.TextField()
    source_key = pw.TextField(default="")
    desk = pw.TextField()
    recipient = pw.TextField()
    sender = pw.TextField(null=True)
    peer = pw.TextField(default="")
    login = pw.TextField(null=True)
    trusted_network = pw.BooleanField(default=False)
    door = pw.TextField(default="")
    silent = pw.BooleanField(default=False)
    fingerprint = pw.CharField(64)
    claim = pw.CharField(64, null=True, unique=True)
    state = pw.TextField()
    because = pw.TextField()
    error = pw.TextField(null=True)
    from_text = pw.TextField(default="")
    subject = pw.TextField(default="")
    rfc_message_id = pw.TextField(null=True)
    raw_bytes = pw.ForeignKeyField(Raw, column_name="raw", object_id_name="raw_sha256", index=False)
    ticket = pw.ForeignKeyField(Ticket, null=True)
    message = pw.ForeignKeyField(Message, null=True, index=False)
    attempts = pw.IntegerField(default=1)
    retry_at = pw.BigIntegerField(null=True)
    version = pw.TextField(default="")
    received_at = pw.BigIntegerField()
    recorded_at = pw.BigIntegerField()

    class Meta:
        indexes = ((("state", "id"), False),)


Inbound.add_index(Inbound.source, Inbound.source_key, where=(Inbound.source_key != ""), name="inbound_source_key")
Inbound.add_index(Inbound.retry_at, where=Inbound.retry_at.is_null(False), name="inbound_retry_at")


class MailFolder(Row):
    """A folder of a mailbox as we first saw it, which says what in it is ours to file (invariant 30).

    UIDs from ``first_uid`` on are; of older ones, those in ``waiting`` (an IMAP sequence set). Those below
    ``silent_below`` are filed silently. ``newest_before`` is the INTERNALDATE of the newest mail that lay there when
    we first came: under another UIDVALIDITY it is what tells old mail from new.
    """

    mailbox = pw.TextField()
    folder = pw.TextField()
    uidvalidity = pw.BigIntegerField()
    first_uid = pw.BigIntegerField()
    waiting = pw.TextField(default="")
    silent_below = pw.BigIntegerField(default=0)
    newest_before = pw.BigIntegerField(null=True)
    since = pw.BigIntegerField()

    class Meta:
        primary_key = pw.CompositeKey("mailbox", "folder")


class Outbox(Numbered):
    """A mail to one recipient. Message-ID and bytes are fixed here; ``state`` is queued, delivered, failed, bounced or
    cancelled. ``lane`` is the recipient's casefold key: within a ticket, a lane keeps its order."""

    desk = pw.TextField()
    ticket = pw.ForeignKeyField(Ticket, null=True)
    message = pw.ForeignKeyField(Message, null=True, index=False)
    person = pw.ForeignKeyField(Person, null=True, index=False)
    kind = pw.TextField()
    recipient = pw.TextField()
    lane = pw.TextField()
    automatic = pw.BooleanField()
    rfc_message_id = pw.TextField(index=True)
    raw_bytes = pw.ForeignKeyField(Raw, column_name="raw", object_id_name="raw_sha256", index=False)
    state = pw.TextField(default="queued")
    attempts = pw.IntegerField(default=0)
    due_at = pw.BigIntegerField()
    created_at = pw.BigIntegerField()
    settled_at = pw.BigIntegerField(null=True)
    code = pw.TextField(null=True)
    response = pw.TextField(null=True)

    class Meta:
        indexes = ((("state", "due_at"), False), (("lane", "created_at"), False), (("ticket", "lane"), False))


class Hold(Numbered):
    """A mail that waits for its agent's word: of unproved author (``inbound``), or doubtful words (``message``)."""

    agent = pw.ForeignKeyField(Person)
    inbound = pw.ForeignKeyField(Inbound)
    message = pw.ForeignKeyField(Message, null=True)
    because = pw.TextField()
    created_at = pw.BigIntegerField()
    expires_at = pw.BigIntegerField()
    decided_at = pw.BigIntegerField(null=True)
    decision = pw.TextField(null=True)


class Act(Numbered):
    """What an agent's mail did, as far as an undo needs to know; ``did`` is a JSON list (``core.undoing``).

    One row for each (agent, Message-ID) that carried commands, so that it never runs twice.
    """

    agent = pw.ForeignKeyField(Person, index=False)
    ticket = pw.ForeignKeyField(Ticket, null=True)
    message = pw.ForeignKeyField(Message, null=True, index=False)
    rfc_message_id = pw.TextField(null=True)
    did = pw.TextField(default="[]")
    at = pw.BigIntegerField()
    undone_at = pw.BigIntegerField(null=True)

    class Meta:
        indexes = ((("agent", "rfc_message_id"), False),)


class Waiting(Row):
    """A public reply that waits for its undo time to pass.

    ``becomes`` is the status that its agent asked for, ``until`` the time until which the ticket is put aside then,
    ``people`` a JSON list of those to whom it goes.
    """

    message = pw.ForeignKeyField(Message, primary_key=True)
    agent = pw.ForeignKeyField(Person, index=False)
    becomes = pw.TextField(null=True)
    until = pw.BigIntegerField(null=True)
    people = pw.TextField(default="[]")
    release_at = pw.BigIntegerField(index=True)


class Notice(Row):
    """What customers are to hear once the undo time of an act is over: ``told``, if the ticket then is in ``status``.

    ``people`` is a JSON list.
    """

    act = pw.ForeignKeyField(Act, primary_key=True)
    status = pw.TextField()
    told = pw.TextField()
    people = pw.TextField()
    release_at = pw.BigIntegerField(index=True)


class News(Numbered):
    """Something that an agent hears of in the next digest."""

    person = pw.ForeignKeyField(Person)
    ticket = pw.ForeignKeyField(Ticket, index=False)
    message = pw.ForeignKeyField(Message, null=True, index=False)
    kind = pw.TextField()
    at = pw.BigIntegerField()


class Token(Numbered):
    """A bearer token of the API: its digest (SHA-256, hex), never itself.

    ``person``: on whose behalf it acts, if anyone's, and in which ``role`` (agent, requester). ``scopes`` have blanks
    between.
    """

    name = pw.TextField()
    digest = pw.CharField(64, unique=True)
    scopes = pw.TextField()
    person = pw.ForeignKeyField(Person, null=True, index=False)
    role = pw.TextField(default="")
    created_at = pw.BigIntegerField()
    expires_at = pw.BigIntegerField(null=True)
    revoked_at = pw.BigIntegerField(null=True)
    used_at = pw.BigIntegerField(null=True)


class Repeatable(Row):
    """The answer that a POST with an Idempotency-Key got; ``request`` is the digest of what it asked."""

    token = pw.ForeignKeyField(Token, index=False)
    key = pw.TextField()
    request = pw.CharField(64)
    status = pw.IntegerField()
    headers = pw.TextField(default="{}")
    body = pw.TextField()
    created_at = pw.BigIntegerField(index=True)

    class Meta:
        primary_key = pw.CompositeKey("token", "key")


class TicketField(Row):
    """The value of a field that the operator declared, as text."""

    ticket = pw.ForeignKeyField(Ticket)
    name = pw.TextField()
    value = pw.TextField()

    class Meta:
        primary_key = pw.CompositeKey("ticket", "name")


class Webhook(Row):
    """How far an endpoint has been told of events: up to ``event`` all; ``attempts`` failed since ``failing_since``."""

    endpoint = pw.TextField(primary_key=True)
    event = pw.BigIntegerField(default=0)
    attempts = pw.IntegerField(default=0)
    due_at = pw.BigIntegerField(default=0)
    failing_since = pw.BigIntegerField(null=True)
    paused_at = pw.BigIntegerField(null=True)
    told_at = pw.BigIntegerField(null=True)
    response = pw.TextField(default="")


class SignIn(Row):
    """A link that signs a client in to the portal, or the session that it led to (``kind``): a digest alone."""

    digest = pw.CharField(64, primary_key=True)
    kind = pw.TextField()
    person = pw.ForeignKeyField(Person, index=False)
    created_at = pw.BigIntegerField()
    expires_at = pw.BigIntegerField(index=True)
    used_at = pw.BigIntegerField(null=True)


class Calendar(Row):
    """A version of a calendar: its definition (JSON), under a digest of it and of the years it was first laid out for.

    ``name`` is what the configuration called it then.

    What zones and holidays were then is kept in its years; where they turn out otherwise, that is another version.
    """

    version = pw.CharField(64, primary_key=True)
    name = pw.TextField()
    definition = pw.TextField()
    made_at = pw.BigIntegerField()


class CalendarYear(Row):
    """A year (UTC) of a calendar's version, laid out: JSON with ``opens`` and ``closes`` (UTC seconds), ``closed``
    (local date, name) and ``shifts`` of the clock (instant, seconds)."""

    calendar = pw.CharField(64)
    year = pw.IntegerField()
    content = pw.TextField()

    class Meta:
        primary_key = pw.CompositeKey("calendar", "year")


class SlaPolicy(Row):
    """A version of a policy: its terms (JSON), under their digest."""

    version = pw.CharField(64, primary_key=True)
    name = pw.TextField()
    terms = pw.TextField()
    made_at = pw.BigIntegerField()


class Promise(Numbered):
    """One target on a ticket: ``core.sla.life.Promise``. ``cycle`` counts from 1 for each metric.

    ``policy`` and ``calendar`` are versions ('' = calendar time); ``budget`` and ``spent`` seconds; ``done`` names the
    warnings and steps of escalation that were taken, with commas between.
    """

    ticket = pw.ForeignKeyField(Ticket, index=False)
    metric = pw.TextField()
    cycle = pw.IntegerField()
    policy = pw.CharField(64)
    calendar = pw.CharField(64)
    budget = pw.BigIntegerField()
    started_at = pw.BigIntegerField()
    state = pw.TextField()
    running_since = pw.BigIntegerField(null=True)
    spent = pw.BigIntegerField()
    due_at = pw.BigIntegerField(null=True)
    warned_at = pw.BigIntegerField(null=True)
    broken_at = pw.BigIntegerField(null=True)
    kept_at = pw.BigIntegerField(null=True)
    ended_at = pw.BigIntegerField(null=True)
    because = pw.TextField(default="")
    done = pw.TextField(default="")

    class Meta:
        indexes = ((("ticket", "metric", "cycle"), True),)


Promise.add_index(Promise.due_at, Promise.ticket, where=Promise.ended_at.is_null(), name="promise_owed")


TABLES: tuple[type[pw.Model], ...] = (
    About,
    Person,
    MailAddress,
    Ticket,
    Participant,
    Watcher,
    NamedAddress,
    TicketTag,
    TicketLink,
    Raw,
    Message,
    Attachment,
    ThreadKey,
    Event,
    Inbound,
    MailFolder,
    Outbox,
    Hold,
    Act,
    Waiting,
    Notice,
    Absence,
    News,
    Token,
    Repeatable,
    TicketField,
    Webhook,
    SignIn,
    Calendar,
    CalendarYear,
    SlaPolicy,
    Promise,
)
