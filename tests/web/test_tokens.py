"""Bearer tokens: shown once, kept as a digest, refused without a hint."""

from __future__ import annotations

import pytest

from daemon.core.values import Address
from daemon.desk import tokens
from daemon.store import commit
from daemon.store import tokens as rows
from tests.web.served import AGENT, CUSTOMER, Served


def test_a_token_tells_who_asks(served: Served) -> None:
    person = served.house.agents[0].person
    for options, told in (({}, (None, None)), ({"agent": AGENT.upper()}, (person, None))):
        answer = served.client(served.token("tickets:read", name="webshop", **options)).get("/v2/who").json()
        assert (answer["name"], (answer["agent"], answer["requester"])) == ("webshop", told)
        served.house.store.write(lambda: tokens.revoke(served.house, "webshop")).result()
    answer = served.client(served.token("tickets:read", requester=CUSTOMER)).get("/v2/who").json()
    assert answer["requester"] is not None


def test_whoever_has_no_token_in_force_gets_the_same_answer(served: Served) -> None:
    revoked = served.token("admin", name="revoked")
    served.house.store.write(lambda: tokens.revoke(served.house, "revoked")).result()
    expired = served.token("admin", expires="1h")
    served.offset = 3600
    guessed = tokens.PREFIX + "A" * 43
    answers = []
    for header in (
        None,
        "",
        "Bearer",
        f"Bearer {guessed}",
        f"Bearer {revoked}",
        f"Bearer {expired}",
        f"Basic {guessed}",
        f"Bearer {'x' * 5000}",
        "Bearer \xff\xfe".encode("latin-1"),
        f"Bearer {revoked} x",
    ):
        answer = served.client().get("/v2/who", headers={} if header is None else {"Authorization": header})
        answers.append((answer.status_code, answer.content, answer.headers["WWW-Authenticate"]))
    assert len(set(answers)) == 1
    status, body, challenge = answers[0]
    assert status == 401
    assert challenge.startswith("Bearer")
    assert b"/problems/token-needed" in body


def test_a_token_is_kept_as_its_digest_alone(served: Served) -> None:
    made = served.token("tickets:read")
    assert tokens.FORM.fullmatch(made)
    kept = served.house.store.read(rows.every)[-1]
    assert made not in repr(kept)
    assert kept.digest == tokens.digest(made)


def test_its_use_is_noted_at_most_once_a_minute(served: Served) -> None:
    client = served.client(served.token("tickets:read"))

    def used() -> int:
        client.get("/v2/who")
        served.house.store.write(lambda: None).result()
        kept = served.house.store.read(rows.every)[-1]
        assert kept.used_at is not None
        return kept.used_at

    first = used()
    served.offset = 30
    assert used() == first
    served.offset = 90
    assert used() >= first + 90


def test_a_missing_scope_is_named_and_admin_has_all(served: Served) -> None:
    refused = served.client(served.token("people:read")).get("/v2/who")
    assert refused.status_code == 403
    assert refused.json()["type"] == "/problems/scope-missing"
    assert "tickets:read" in refused.json()["detail"]
    assert 'error="insufficient_scope"' in refused.headers["WWW-Authenticate"]
    assert served.client(served.token("admin")).get("/v2/who").status_code == 200


def test_a_token_of_someone_who_is_no_agent_any_longer_grants_nothing(served: Served) -> None:
    client = served.client(served.token("tickets:read", agent=AGENT))
    assert client.get("/v2/who").status_code == 200
    agents, served.house.agents = served.house.agents, ()
    assert client.get("/v2/who").status_code == 401
    served.house.agents = agents


def test_a_requester_who_was_joined_into_another_acts_as_that_one(served: Served) -> None:
    from daemon.desk import contacts

    house = served.house
    house.store.write(lambda: commit.person(Address("", "other@example.net"), "", house.now())).result()
    client = served.client(served.token("tickets:read", requester="other@example.net"))
    joined = house.store.write(lambda: contacts.join(house, CUSTOMER, "other@example.net")).result()
    assert client.get("/v2/who").json()["requester"] == joined.id


@pytest.mark.parametrize(
    ("scopes", "options", "sentence"),
    [
        ((), {}, "without scope"),
        (("tickets:eat",), {}, "tickets:eat is no scope"),
        (("tickets:read", "notes:read"), {"requester": CUSTOMER}, "notes:read is not for requesters"),
        (("admin",), {"requester": CUSTOMER}, "admin is not for requesters"),
        (("tickets:read",), {"requester": "nobody@example.net"}, "nobody is known at"),
        (("tickets:read",), {"agent": CUSTOMER}, "is no agent"),
        (("tickets:read",), {"agent": AGENT, "requester": CUSTOMER}, "name one of them"),
        (("tickets:read",), {"expires": "soon"}, "is no time"),
        (("tickets:read",), {"expires": "0d"}, "is no time"),
        (("tickets:read",), {"name": "a\nb"}, "printable"),
    ],
)
def test_a_token_that_makes_no_sense_is_refused_in_a_sentence(
    served: Served, scopes: tuple[str, ...], options: dict[str, str], sentence: str
) -> None:
    with pytest.raises(tokens.NoToken, match=sentence):
        served.token(*scopes, **options)


def test_a_name_is_taken_until_its_token_is_revoked(served: Served) -> None:
    served.token("admin", name="taken")
    with pytest.raises(tokens.NoToken, match="already"):
        served.token("admin", name="taken")
    served.house.store.write(lambda: tokens.revoke(served.house, "taken")).result()
    served.token("admin", name="taken")
    with pytest.raises(tokens.NoToken, match="no token"):
        served.house.store.write(lambda: tokens.revoke(served.house, "nothing")).result()
