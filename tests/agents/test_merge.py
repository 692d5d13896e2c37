"""A note goes along with its ticket: what was kept from customers before a merge is kept from them after it."""

from __future__ import annotations

from pathlib import Path

from tests.agents.office import ALICE, BOB, office


def test_an_answer_that_quotes_a_note_of_a_merged_ticket_is_held(tmp_path: Path) -> None:
    with office(tmp_path) as desk:
        tickets = [
            desk.send(desk.mail(f"{name}@{name}.example", "Help, please."), f"{name}@{name}.example").ticket
            for name in ("one", "two")
        ]
        one, two = (ticket for ticket in tickets if ticket is not None)
        desk.agent_sends(ALICE, "#note They have not paid since spring.", desk.reply_address(one, ALICE))
        desk.agent_sends(ALICE, f"#merge {two}", desk.reply_address(one, ALICE))
        desk.agent_sends(BOB, "Sorry: they have not paid since spring.", desk.reply_address(two, BOB))
        desk.pass_time(60)
        assert [letter.to for letter in desk.letters() if letter.kind == "confirmation"] == [BOB]
        assert "answer" not in [letter.kind for letter in desk.letters()]
