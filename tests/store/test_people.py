"""People as rows: their addresses and who they are by now."""

from __future__ import annotations

from daemon.store import joining, people
from daemon.store.db import Store
from daemon.store.tables import MailAddress, Person


def someone(store: Store, *addresses: str, proved: str = "") -> int:
    def write() -> int:
        number = int(Person.insert(name="Customer", created_at=0).execute())
        for one in addresses:
            MailAddress.insert(
                key=one.lower(), address=one, person=number, proved_at=1 if one == proved else None
            ).execute()
        return number

    return store.write(write).result(5)


def test_the_other_addresses_of_a_person_are_told_the_proved_one_first(store: Store) -> None:
    person = someone(store, "b@example.net", "A@example.net", "z@example.net", proved="z@example.net")
    assert store.read(lambda: people.other_addresses(person, "B@example.net")) == ("z@example.net", "A@example.net")
    assert store.read(lambda: people.other_addresses(someone(store, "c@example.net"), "c@example.net")) == ()


def test_a_chain_of_joins_leads_to_one_person(store: Store) -> None:
    first, second, third = (someone(store, f"{name}@example.net") for name in "abc")
    store.write(lambda: joining.join(second, third)).result(5)
    store.write(lambda: joining.join(first, second)).result(5)
    assert store.read(lambda: people.today(third)) == first
    assert set(store.read(lambda: people.selves((first,)))) == {first, second, third}
    store.write(lambda: joining.revive(third, first)).result(5)
    assert store.read(lambda: people.at("c@example.net")) == third
    assert set(store.read(lambda: people.selves((first,)))) == {first, second}


def test_what_a_card_lacks_is_filled_in_by_a_join(store: Store) -> None:
    first, second = someone(store, "a@example.net"), someone(store, "b@example.net")
    store.write(lambda: people.write(first, {"remark": "Calls at 9"})).result(5)
    store.write(lambda: people.write(second, {"phone": "+1 555 0100", "remark": "Prefers mail"})).result(5)
    store.write(lambda: joining.join(first, second)).result(5)
    card = store.read(lambda: people.contact(first))
    assert card is not None
    assert (card.phone, card.remark) == ("+1 555 0100", "Calls at 9\nPrefers mail")
