"""What agents write above their words: commands, notes, slips of the finger, and what is none of these."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.core.commands.declared import DECLARED, SYNONYMS, declaration, markdown, nearest
from daemon.core.commands.reading import MOST_COMMANDS, MOST_STRANGE, Orders, read
from daemon.core.status import MOVES, PRIORITIES, STATUSES, TYPES
from daemon.core.typed import is_blank, key

ISSUE = (
    "note take assign team status pending hold resolve close reopen spam resolution priority type tag untag subject "
    "field snooze merge link cc uncc requester macro watch unwatch away undo dry help show queue"
).split()
SIGNATURES = [
    "-- \nDesk Agent",
    "--\nDesk Agent\nExample Ltd\n+49 30 901820",
    "—\nDesk Agent",
    "Best regards,\nDesk Agent\nExample Ltd",
    "Best regards, Desk Agent",
    "Kind regards\n\nDesk Agent\nSupport Team | Example Ltd\nTel. +49 30 901820\nwww.example.net\nagent@example.com",
    "Regards",
    "Cheers,\nagent",
    "Mit freundlichen Grüßen\nDesk Agent\nExample GmbH & Co. KG",
    "Viele Grüße aus Berlin\nIhr Support-Team",
    "LG Agent",
    "MfG",
    "Sent from my phone",
    "Sent from my iPhone\n\n-- \nDesk Agent",
    "Best,\nDesk Agent\n\nGet Outlook for Android<https://example.net/x>",
    "Von meinem iPhone gesendet",
    "Gesendet mit der Mail App",
]
WORDS = [
    "Thanks",
    "Danke!",
    "Thanks, Anna",
    "Danke, Anna",
    "Best choice",
    "Best regards to your colleague, who found the cable.",
    "Best regards,\nYour printer works again",
    "Best regards,\nDesk Agent\n\nP.S. The invoice follows tomorrow.",
    "Regards your printer: it works",
    "Sent from my desk to yours, by post.",
    "Desk Agent",
    "Hello",
    "Done",
    "Liebe Grüße bestelle ich gerne.",
]


def orders(words: str) -> list[tuple[str, str]]:
    """The commands, of words in which nothing is strange."""
    got = read(words)
    assert not got.strange
    return [(command.word, command.argument) for command in got.commands]


def strange(words: str) -> list[tuple[str, str]]:
    return [(one.word, one.because) for one in read(words).strange]


def test_every_command_of_the_desk_is_declared_once_in_two_languages_with_an_example_that_reads_as_it() -> None:
    assert [command.word for command in DECLARED] == ISSUE
    names = [key(name) for command in DECLARED for name in (command.word, *command.aliases)]
    assert len(names) == len(set(names))
    for command in DECLARED:
        got = read(command.example + "\n")
        assert [(one.word, not got.strange) for one in got.commands] == [(command.word, True)]
        assert command.sentence.endswith(".") and command.sentence_de.endswith(".")
        assert command.argument != "none" or not command.required
        assert all(declaration(alias) is command for alias in command.aliases)


def test_a_short_form_sets_a_status_into_which_a_ticket_can_go_by_hand() -> None:
    reachable = frozenset().union(*MOVES.values())
    assert {command.sets[1] for command in DECLARED if command.sets} == reachable
    assert all(command.sets[0] == "status" for command in DECLARED if command.sets)


def test_values_have_all_their_names() -> None:
    assert set(SYNONYMS["status"].values()) == {*STATUSES} - {"merged"}
    assert set(SYNONYMS["priority"].values()) == {*PRIORITIES}
    assert set(SYNONYMS["type"].values()) == {*TYPES}
    for command in DECLARED:
        if command.argument in {"priority", "type"}:
            assert all(value in command.sentence for value in SYNONYMS[command.argument].values())


def test_the_table_of_the_docs_has_a_row_for_each_command() -> None:
    rows = markdown().splitlines()
    assert rows[:2] == ["| write | what it does |", "| --- | --- |"]
    assert len(rows) == 2 + len(DECLARED)
    assert "| `#assign NAME\\|ADDRESS\\|none` | Gives the ticket to an agent, or to nobody. |" in rows
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 3 for row in rows + markdown("de").splitlines())


@pytest.mark.parametrize(
    ("words", "commands"),
    [
        ("#close\n", [("close", "")]),
        ("\n\n  #close\n\n", [("close", "")]),
        ("#take\n\n#priority high\nHello\n", [("take", ""), ("priority", "high")]),
        ("#Close\n#PRIORITY: High\n", [("close", ""), ("priority", "high")]),
        ("#priority:high\n#Tag = vpn\n", [("priority", "high"), ("tag", "vpn")]),
        ("#close.\n", [("close", "")]),
        ("#close…\n", [("close", "")]),
        ("#Take!\n", [("take", "")]),
        ("\u00a0#take\u00a0\n#priority\u00a0high\n", [("take", ""), ("priority", "high")]),
        ("\u200b#ta\u200bke\u200d\n\ufeff#close\n", [("take", ""), ("close", "")]),
        ("＃ｃｌｏｓｅ\n＃priority：ｈｉｇｈ\n", [("close", ""), ("priority", "high")]),
        ("#take #pending\n", [("take", ""), ("pending", "")]),
        ("#take, #pending.\n", [("take", ""), ("pending", "")]),
        ("#take and #pending\n", [("take", ""), ("pending", "")]),
        ("#resolve #tag vpn\n", [("resolve", ""), ("tag", "vpn")]),
        ("#tag vpn #resolve\n", [("tag", "vpn"), ("resolve", "")]),
        ("#tag #vpn, #contract\n", [("tag", "vpn contract")]),
        ("#tag VPN; Contract vpn.\n", [("tag", "vpn contract")]),
        ("#tag “vpn”, 'contract'\n", [("tag", "vpn contract")]),
        ('#tag "vpn, contract".\n', [("tag", "vpn contract")]),
        ('#tag "two words", vpn\n', [("tag", '"two words" vpn')]),
        ('#tag "two\n', [("tag", "two")]),
        ("#on hold\n#on-hold\n#on_hold\n#OnHold\n", [("hold", "")] * 4),
        ("#status on hold\n", [("status", "on_hold")]),
        ("#status vanished\n", [("status", "vanished")]),
        ("#erledigt\n#notiz\nsie rief an", [("resolve", ""), ("note", "")]),
        ("#gelöst\n#GELO\u0308ST\n#geloest\n#schliessen\n", [("resolve", "")] * 3 + [("close", "")]),
        ("#prio dringend\n", [("priority", "urgent")]),
        ("#assign “Desk Agent”\n", [("assign", "Desk Agent")]),
        ("#assign @Agent\n#assign NOBODY\n#assign mir\n", [("assign", "Agent"), ("assign", "none"), ("assign", "me")]),
        ("#assign Desk Agent <agent@example.com>\n", [("assign", "agent@example.com")]),
        ("#team Billing\n", [("team", "billing")]),
        ("#cc <mailto:a@example.net>\n", [("cc", "a@example.net")]),
        ("#cc a@example.net<mailto:a@example.net>\n", [("cc", "a@example.net")]),
        ("#cc [a@example.net](mailto:a@example.net?subject=x)\n", [("cc", "a@example.net")]),
        ('#cc a@example.net, "B, Anna" <b@example.net> and c@example.net.\n',
         [("cc", "a@example.net b@example.net c@example.net")]),
        ("#cc Anna, b@example.net\n", [("cc", "Anna b@example.net")]),
        ("#requester Customer <customer@example.net>\n", [("requester", "customer@example.net")]),
        ("#merge #1041.\n#link [#7], 8\n#show\n#show 1042\n",
         [("merge", "1041"), ("link", "7 8"), ("show", ""), ("show", "1042")]),
        ("#snooze Monday 9:00\n#snooze 1.12.\n#snooze 2d.\n",
         [("snooze", "Monday 9:00"), ("snooze", "1.12."), ("snooze", "2d")]),
        ("#away until friday\n#away off\n#away aus\n", [("away", "until friday"), ("away", "off"), ("away", "off")]),
        ("#subject  The customer’s   printer: “PC LOAD”\n", [("subject", "The customer’s printer: “PC LOAD”")]),
        ("#subject “Printer”\n", [("subject", "Printer")]),
        ("#resolution Cable #3 is #C0FFEE and #new\n", [("resolution", "Cable #3 is #C0FFEE and #new")]),
        ("#resolution Replaced. #close\n", [("resolution", "Replaced."), ("close", "")]),
        ("#macro ‘reset-password’\n", [("macro", "reset-password")]),
        ("#queue\n#queue Überfällig\n#queue printer second floor\n",
         [("queue", ""), ("queue", "late"), ("queue", "printer second floor")]),
    ],
)  # fmt: skip
def test_commands_are_understood_however_they_were_typed(words: str, commands: list[tuple[str, str]]) -> None:
    assert orders(words) == commands


@pytest.mark.parametrize(
    "words",
    [
        "Hello\nthe printer works.",
        "# Heading\n\nText",
        "#1042 is done",
        "#!/bin/sh\necho",
        "#C0FFEE is the colour",
        "#fff000\n#123",
        "#",
        "# #close",
        "See #close and #note in the manual.",
        "- #close\n- #take",
        "It is number\n#1042",
    ],
)
def test_words_are_no_commands(words: str) -> None:
    assert read(words) == Orders(words=words)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("#clsoe\nHello", [("clsoe", "unknown-command")]),
        ("#take\n#tga vpn\n#xyzzy\nHello", [("tga", "unknown-command"), ("xyzzy", "unknown-command")]),
        ("#take #clsoe\nHello", [("clsoe", "unknown-command")]),
        ("#tag vpn #clsoe", [("clsoe", "unknown-command")]),
        ("#resolution Cable #clsoe", [("clsoe", "unknown-command")]),
        ("#trending today\nHello", [("trending", "unknown-command")]),
        ("#close please\nHello", [("close", "argument-superfluous")]),
        ("#assign\nHello", [("assign", "argument-missing")]),
        ("#tag: .\n", [("tag", "argument-missing")]),
        ("#note\n\n", [("note", "argument-missing")]),
        ("#note\n-- \nDesk Agent", [("note", "argument-missing")]),
        ("Hello\n#close", [("close", "command-at-the-end")]),
        ("Hello\n\n#close\n\n#tag vpn\n\n", [("close", "command-at-the-end"), ("tag", "command-at-the-end")]),
        ("Hello\n#clsoe", [("clsoe", "unknown-command")]),
        ("Hello\n#prioriti high", [("prioriti", "unknown-command")]),
        ("Hello\n#whatever", [("whatever", "unknown-command")]),
        ("Hello\n#close\n\nBest regards,\nDesk Agent", [("close", "command-at-the-end")]),
        ("Hello\n\nBest regards,\nDesk Agent\n\n#close\nSent from my phone", [("close", "command-at-the-end")]),
        ("Hello\n#note\nHe is a pain.\nBest regards,\nDesk Agent", [("note", "command-at-the-end")]),
        ("Hello\n#note he is a pain\nGreetings from the desk", [("note", "command-at-the-end")]),
        ("Hello\n#close\nGreetings from the desk", [("close", "command-at-the-end")]),
    ],
)
def test_what_may_have_been_meant_as_a_command_is_strange(words: str, found: list[tuple[str, str]]) -> None:
    assert strange(words) == found


def test_a_slip_of_the_finger_is_answered_with_the_nearest_commands() -> None:
    (slip,) = read("#take\n#clsoe now\nHello").strange
    assert (slip.line, slip.nearest[0]) == ("#clsoe now", "close")
    assert {word: nearest(word)[0] for word in ("taek", "prioriti", "asign", "reso", "noet", "hlep")} == {
        "taek": "take", "prioriti": "priority", "asign": "assign", "reso": "resolve", "noet": "note", "hlep": "help",
    }  # fmt: skip
    assert all(len(nearest(command.word)) <= 3 for command in DECLARED)
    assert nearest("xyzzyqq") == ()


def test_as_it_stands_a_strange_mail_is_the_commands_above_the_strange_line_and_the_words_from_it_on() -> None:
    got = read("#take\n\n#trending\n#close\nHello\n")
    assert ([command.word for command in got.commands], got.head) == (["take"], "#take\n")
    assert got.words == "#trending\n#close\nHello"


def test_a_note_takes_all_that_follows_and_nothing_is_left_for_the_customer() -> None:
    got = read("#take #note: Called back.\n\n  He said:\n#vpn\n\n")
    assert [command.word for command in got.commands] == ["take", "note"]
    assert (got.note, got.words, got.strange) == ("Called back.\n\n  He said:\n#vpn", "", ())


def test_a_command_that_ends_a_note_belongs_to_it_and_is_named() -> None:
    got = read("#note Called back.\n\n#close is no command here\n#Resolve")
    assert (got.note, got.strange) == ("Called back.\n\n#close is no command here\n#Resolve", ())
    assert [command.word for command in got.commands] == ["note"]
    assert got.in_note == ("#close", "#Resolve")


def test_a_note_below_a_strange_line_stays_inside_too() -> None:
    got = read("#clsoe\n#note He is a pain.\n")
    assert (got.note, got.words, got.commands) == ("He is a pain.", "", ())
    assert [one.word for one in got.strange] == ["clsoe"]


@pytest.mark.parametrize("signature", SIGNATURES)
def test_below_commands_a_signature_is_no_answer(signature: str) -> None:
    assert read(f"#take\n\n{signature}\n").words == ""
    assert read(f"\n{signature}\n").words == signature
    assert read(f"#take\n\nHello\n\n{signature}\n").words == f"Hello\n\n{signature}"


@pytest.mark.parametrize("words", WORDS)
def test_below_commands_words_stay_words(words: str) -> None:
    assert read(f"#take\n{words}\n").words == words


def test_the_signature_that_an_agent_has_configured_is_known() -> None:
    own = ("Yours from the engine room\nThe Desk", "Desk Agent")
    assert read("#take\n\nYours from the engine room,\n\nthe desk\n", own).words == ""
    assert read("#take\nThanks,\nDesk Agent\n", own).words == ""
    assert read("#take\nThanks, Desk Agent", own).words == ""
    assert read("#take\nThanks,\nAnna\n", own).words == "Thanks,\nAnna"
    assert read("Hello\n#close\nYours from the engine room\nThe Desk", own).strange[0].word == "close"


def test_hostile_lengths_are_read_and_what_is_told_of_them_is_short() -> None:
    for line in (
        "#ab\n",
        "#tag #ab\n",
        "x\n#close\n",
        "#take\n",
        "#",
        "# ",
        "#cc a@",
        "\n",
        "-- \n",
        " \u200b",
        "#a\u0301",
    ):
        got = read(line * (400_000 // len(line)))
        assert len(got.strange) <= MOST_STRANGE
        assert len(got.commands) <= MOST_COMMANDS


def test_more_commands_than_anyone_writes_are_not_sent_to_the_customer() -> None:
    assert strange("#tag vpn\n" * (MOST_COMMANDS + 1) + "Hello") == [("tag", "command-at-the-end")]


PARTS = st.sampled_from(
    ["#", "＃", "#close", "#tag", "#note", "#clsoe", "#C0FFEE", "#1042", "vpn", "a@example.net", "<mailto:", ">", ":",
     ".", "…", "“", "”", "\u00a0", "\u200b", "\u200d", "\u2028", " ", "\n", "\n\n", "\r\n", "-- \n", "Best regards,",
     "Desk Agent"]
)  # fmt: skip
TYPED = st.lists(PARTS | st.text(max_size=5), max_size=30).map("".join)


@given(TYPED)
def test_reading_is_total_and_loses_no_word(words: str) -> None:
    got = read(words)
    assert words.startswith(got.head)
    rest = words[len(got.head) :]
    assert got.words in rest
    assert (got.note or "") in rest
    assert not (got.note and got.words)
    if not got.commands and not got.strange:
        assert got.head == ""
        assert not is_blank(got.words) or is_blank(words)
    for command in got.commands:
        assert declaration(command.word) and "\n" not in command.argument
    for one in got.strange:
        assert one.line in words.split("\n") and len(one.nearest) <= 3


@given(st.text().filter(lambda words: not set(words) & set("#＃﹟")))
def test_words_without_a_hash_stay_as_they_are(words: str) -> None:
    got = read(words)
    lines = words.split("\n")
    while lines and is_blank(lines[0]):
        lines.pop(0)
    while lines and is_blank(lines[-1]):
        lines.pop()
    assert got == Orders(words="\n".join(lines))


@given(st.text(st.characters(max_codepoint=0x7E), max_size=40) | TYPED.filter(str.isascii))
def test_capitals_do_not_matter(words: str) -> None:
    def said(got: Orders) -> object:
        return (
            [(one.word, one.argument.lower()) for one in got.commands],
            [(one.word.lower(), one.because) for one in got.strange],
            got.head.lower(),
        )

    assert said(read(words.upper())) == said(read(words.lower()))


@given(st.lists(st.sampled_from([command.example for command in DECLARED if command.argument != "note"])), st.data())
def test_commands_are_read_in_their_order_whatever_a_phone_makes_of_them(lines: list[str], data: st.DataObject) -> None:
    noise = st.sampled_from(["", "\u00a0", "\u200b", "\n"])
    phone = [data.draw(noise) + data.draw(st.sampled_from([line, line.title()])) + data.draw(noise) for line in lines]
    assert [word for word, _ in orders("\n".join(phone))] == [line[1:].split(" ")[0] for line in lines]


@pytest.mark.parametrize(
    "line", ["# tag printer", "*#tag printer*", "##take", "## take", "**#priority high**", "_#close_"]
)
def test_a_command_in_disguise_is_strange_and_no_word_for_the_customer(line: str) -> None:
    (strange,) = read(f"{line}\n\nAll is well.").strange
    assert (strange.because, strange.line) == ("command-in-disguise", line)


@pytest.mark.parametrize("line", ["# Open questions", "# 1042", "#1042", "# What we did", "*Important*"])
def test_a_heading_is_no_command_in_disguise(line: str) -> None:
    assert read(f"{line}\n\nAll is well.").strange == ()


@pytest.mark.parametrize("line", ["#tag s12", "#priority high", "#snooze 2d", "#cc someone@example.net"])
def test_a_whole_command_among_the_words_is_strange(line: str) -> None:
    assert [one.because for one in read(f"Hello,\n{line}\nthanks a lot").strange] == ["command-at-the-end"]


def test_the_names_of_an_agent_below_commands_are_a_signature() -> None:
    names = ("Desk Agent", "Desk", "Agent", "DA")
    for below in ("Desk", "Agent", "DA", "Von meinem Samsung Galaxy Smartphone gesendet.", "Gruß\nDesk"):
        assert read(f"#tag o2\n\n{below}", names).words == "", below
    assert read("#tag o2\n\nDesk is closed.", names).words == "Desk is closed."
