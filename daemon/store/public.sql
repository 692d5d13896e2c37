-- The published schema for analysts. Columns are added, never renamed or re-meant.
-- Instants are whole seconds since 1970-01-01 UTC. Persons are ids; no address and no word of a mail is here, but for
-- the names and addresses in v1_person and what was written into the operator's own fields in v1_field.

DROP VIEW IF EXISTS v1_ticket;
CREATE VIEW v1_ticket AS
SELECT id AS ticket_id, desk, status, priority, type, team, assignee_id, requester_id, resolution_code,
       escalation_level, channel, opened_at, updated_at, first_response_at, resolved_at, closed_at,
       merged_into_id
FROM ticket;

DROP VIEW IF EXISTS v1_event;
CREATE VIEW v1_event AS
SELECT id AS event_id, ticket_id, kind, at, recorded_at, actor_id, because, message_id, data
FROM event;

DROP VIEW IF EXISTS v1_message;
CREATE VIEW v1_message AS
SELECT id AS message_id, ticket_id, kind, state, author_id, channel, automatic, language, because, evidence,
       at, received_at, released_at
FROM message;

DROP VIEW IF EXISTS v1_delivery;
CREATE VIEW v1_delivery AS
SELECT id AS delivery_id, ticket_id, message_id, person_id, kind, state, attempts, created_at, settled_at, code
FROM outbox;

DROP VIEW IF EXISTS v1_inbound;
CREATE VIEW v1_inbound AS
SELECT id AS inbound_id, source, desk, state, because, ticket_id, message_id, attempts, received_at, recorded_at
FROM inbound;

DROP VIEW IF EXISTS v1_promise;
CREATE VIEW v1_promise AS
SELECT id AS promise_id, ticket_id, metric, cycle, policy, calendar, budget, state, started_at, running_since, spent,
       due_at, warned_at, broken_at, kept_at, ended_at, because
FROM promise;

DROP VIEW IF EXISTS v1_calendar;
CREATE VIEW v1_calendar AS
SELECT calendar_year.calendar, calendar.name AS calendar_name, calendar.definition, calendar.made_at,
       calendar_year.year, calendar_year.content
FROM calendar_year JOIN calendar ON calendar.version = calendar_year.calendar;

DROP VIEW IF EXISTS v1_policy;
CREATE VIEW v1_policy AS
SELECT version AS policy, name AS policy_name, terms, made_at
FROM sla_policy;


DROP VIEW IF EXISTS v1_rating;
CREATE VIEW v1_rating AS
SELECT id AS rating_id, ticket_id, actor_id AS person_id, at,
       CASE WHEN data = '{"positive":true}' THEN 1 ELSE 0 END AS positive
FROM event WHERE kind = 'rated';

DROP VIEW IF EXISTS v1_field;
CREATE VIEW v1_field AS
SELECT ticket_id,
       (SELECT COUNT(*) FROM ticket_field AS other
        WHERE other.ticket_id = ticket_field.ticket_id AND other.name <= ticket_field.name) AS place,
       name AS field, value
FROM ticket_field;

-- The one view with names and addresses in it: a snapshot keeps it apart from all else.
DROP VIEW IF EXISTS v1_person;
CREATE VIEW v1_person AS
SELECT id AS person_id, name, language, created_at,
       (SELECT MIN(address) FROM mail_address WHERE mail_address.person_id = person.id) AS address,
       joined_into_id
FROM person;
