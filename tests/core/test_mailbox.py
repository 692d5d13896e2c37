"""What in a folder is ours to file: at first sight, under another UIDVALIDITY, and written down as a set."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from daemon.core.mailbox import Folder, first_sight, renewed, sequence_set, uids_of

PRESENT = [3, 5, 9]


def test_i30_now_begins_behind_what_lies_there() -> None:
    seen = first_sight("now", 7, PRESENT, [], 100)
    assert seen == Folder(7, 10, newest_before=100)
    assert seen.ours([3, 5, 9, 10, 12]) == [10, 12]


def test_i30_unseen_takes_what_was_unseen_then_and_nothing_that_came_in_between_twice() -> None:
    seen = first_sight("unseen", 7, PRESENT, [3, 9, 11], 100)
    assert seen.ours([3, 5, 9, 10, 11]) == [3, 9, 10, 11]
    assert seen.lowest == 3


def test_i30_all_takes_everything_and_the_old_silently() -> None:
    seen = first_sight("all", 7, PRESENT, [], 100)
    assert (seen.first_uid, seen.silent_below) == (1, 10)


def test_an_empty_folder_leaves_nothing_out() -> None:
    assert first_sight("now", 7, [], [], None) == Folder(7, 1)


def test_another_uidvalidity_leaves_old_mail_alone_and_loses_no_new_one() -> None:
    before = Folder(7, 10, newest_before=100)
    seen = renewed("now", before, 8, {1: 90, 2: 100, 3: 101, 4: None}, [1, 2])
    assert seen.ours([1, 2, 3, 4, 5]) == [3, 4, 5]
    assert seen.newest_before == 100


def test_another_uidvalidity_keeps_what_nobody_has_read() -> None:
    before = Folder(7, 10, frozenset({3}), newest_before=100)
    assert renewed("unseen", before, 8, {1: 90, 2: 95, 3: 101}, [2]).ours([1, 2, 3]) == [2, 3]


def test_another_uidvalidity_keeps_an_import_silent() -> None:
    before = Folder(7, 1, silent_below=10, newest_before=100)
    seen = renewed("all", before, 8, {1: 90, 2: 100, 3: 101}, [])
    assert (seen.first_uid, seen.silent_below) == (1, 3)


def test_a_folder_that_was_empty_has_no_old_mail() -> None:
    assert renewed("now", Folder(7, 1), 8, {1: 5, 2: 6}, []).ours([1, 2]) == [1, 2]
    assert renewed("all", Folder(7, 1), 8, {1: 5, 2: 6}, []).silent_below == 0


@given(st.sets(st.integers(1, 2**32 - 1) | st.integers(1, 60)))
def test_a_set_of_uids_is_written_and_read(uids: set[int]) -> None:
    assert uids_of(sequence_set(uids)) == uids


def test_neighbours_are_written_as_a_range() -> None:
    assert sequence_set([5, 3, 4, 9, 11, 10]) == "3:5,9:11"
    assert sequence_set([]) == ""
