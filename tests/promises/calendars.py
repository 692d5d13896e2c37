"""Calendars that have caught others out, each said twice: as the configuration says it, and as the walker does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from daemon.almanac import Definition
from tests.promises.walker import Spans, Walker, at

NONE: Spans = ()
DAILY = (((0, 1440),),) * 7


def week(spans: Spans, days: str = "mon-fri") -> tuple[Spans, ...]:
    number = {"mon-fri": 5, "mon-sat": 6, "daily": 7}[days]
    return (spans,) * number + (NONE,) * (7 - number)


def each(*hours: str) -> Spans:
    return tuple(at(one) for one in hours)


def days(first: date, last: date) -> frozenset[date]:
    return frozenset(first + timedelta(days=i) for i in range((last - first).days + 1))


@dataclass(frozen=True, eq=False)
class Example:
    name: str
    definition: Definition
    walker: Walker


def example(
    name: str,
    zone: str,
    hours: tuple[str, ...],
    spans: tuple[Spans, ...],
    years: tuple[int, int] = (2025, 2026),
    closed: tuple[str, ...] = (),
    closed_days: frozenset[date] = frozenset(),
    opened: tuple[str, ...] = (),
    special: dict[date, Spans] | None = None,
) -> Example:
    return Example(
        name,
        Definition(zone, hours, "", closed, opened),
        Walker(zone, spans, *years, closed_days, special or {}),
    )


OFFICE = ("mon-fri 09:00-17:30",)
OFFICE_SPANS = week(each("09:00-17:30"))
NIGHTS = ("daily 22:00-06:00+1",)
NIGHT_SPANS = week(each("00:00-06:00", "22:00-24:00"), "daily")

OFFICE_WITH_A_BREAK = example(
    "an office with a break, closed on Good Friday",
    "Europe/Berlin",
    ("mon-fri 09:00-12:00 13:00-17:30",),
    week(each("09:00-12:00", "13:00-17:30")),
    (2025, 2027),
    ("2026-04-03",),
    frozenset({date(2026, 4, 3)}),
)
NIGHT_SHIFTS = example("night shifts", "America/New_York", NIGHTS, NIGHT_SPANS, (2025, 2027))

EXAMPLES = (
    OFFICE_WITH_A_BREAK,
    NIGHT_SHIFTS,
    example("an office in Berlin", "Europe/Berlin", OFFICE, OFFICE_SPANS),
    example("an office in New York", "America/New_York", OFFICE, OFFICE_SPANS),
    example(
        "split days",
        "Europe/Madrid",
        ("mon-thu 09:00-14:00 16:00-19:00", "fri 08:00-15:00", "sat 10:00-10:01"),
        (*(each("09:00-14:00", "16:00-19:00"),) * 4, each("08:00-15:00"), each("10:00-10:01"), NONE),
    ),
    example("nights", "Europe/Berlin", NIGHTS, NIGHT_SPANS),
    example(
        "the night of a Friday",
        "Europe/London",
        ("fri 22:00-06:00+1",),
        (*(NONE,) * 4, each("22:00-24:00"), each("00:00-06:00"), NONE),
    ),
    example("round the clock", "Europe/Berlin", ("daily 00:00-24:00",), DAILY),
    example(
        "round the clock but for some days",
        "Europe/Paris",
        ("daily 00:00-24:00",),
        DAILY,
        closed=("12-24/01-02", "2026-03-29", "2025-05-01/2025-05-04"),
        closed_days=days(date(2024, 12, 24), date(2025, 1, 2))
        | days(date(2025, 12, 24), date(2026, 1, 2))
        | days(date(2026, 12, 24), date(2027, 1, 2))
        | days(date(2025, 5, 1), date(2025, 5, 4))
        | {date(2026, 3, 29)},
    ),
    example(
        "open inside the hour that is skipped",
        "Europe/Berlin",
        ("sun 01:30-02:15 02:30-02:45 02:50-03:10",),
        (*(NONE,) * 6, each("01:30-02:15", "02:30-02:45", "02:50-03:10")),
    ),
    example(
        "closing inside the hour that is doubled",
        "America/New_York",
        ("sun 00:30-01:20 01:40-01:50",),
        (*(NONE,) * 6, each("00:30-01:20", "01:40-01:50")),
    ),
    example(
        "half an hour of summer",
        "Australia/Lord_Howe",
        ("daily 01:45-02:15 09:00-17:00",),
        week(each("01:45-02:15", "09:00-17:00"), "daily"),
    ),
    example(
        "summer time that stops for Ramadan",
        "Africa/Casablanca",
        ("daily 01:30-03:30 08:00-16:00",),
        week(each("01:30-03:30", "08:00-16:00"), "daily"),
    ),
    example("a quarter to six", "Asia/Kathmandu", OFFICE, OFFICE_SPANS),
    example("fourteen hours ahead", "Pacific/Kiritimati", OFFICE, OFFICE_SPANS),
    example(
        "a Friday that was left out",
        "Pacific/Apia",
        ("mon-fri 08:00-16:00", "sat 08:00-12:00"),
        (*(each("08:00-16:00"),) * 5, each("08:00-12:00"), NONE),
        (2011, 2012),
    ),
    example(
        "half past, in Newfoundland",
        "America/St_Johns",
        ("mon-fri 00:00-00:45 09:00-17:00",),
        week(each("00:00-00:45", "09:00-17:00")),
    ),
    example(
        "summer time given up",
        "Asia/Tehran",
        ("daily 00:00-01:30 09:00-17:00",),
        week(each("00:00-01:30", "09:00-17:00"), "daily"),
        (2021, 2023),
    ),
    example(
        "the south of the world",
        "America/Santiago",
        ("daily 00:00-02:00 23:15-24:00",),
        week(each("00:00-02:00", "23:15-24:00"), "daily"),
    ),
    example(
        "three quarters",
        "Pacific/Chatham",
        ("daily 02:30-03:15 08:45-17:15",),
        week(each("02:30-03:15", "08:45-17:15"), "daily"),
    ),
    example("summer time taken up again", "Africa/Cairo", NIGHTS, NIGHT_SPANS, (2022, 2024)),
    example(
        "two hours of summer",
        "Antarctica/Troll",
        ("daily 00:30-01:30 02:30-03:30",),
        week(each("00:30-01:30", "02:30-03:30"), "daily"),
    ),
    example(
        "a midnight that was skipped",
        "America/Sao_Paulo",
        ("daily 00:00-00:30 23:30-24:00",),
        week(each("00:00-00:30", "23:30-24:00"), "daily"),
        (2017, 2019),
    ),
    example("a shift at midnight", "Asia/Beirut", NIGHTS, NIGHT_SPANS),
    example(
        "a shift at midnight, backwards",
        "America/Havana",
        ("daily 00:15-00:45 12:00-13:00",),
        week(each("00:15-00:45", "12:00-13:00"), "daily"),
    ),
    example("no summer at all", "Asia/Kolkata", ("mon-sat 09:30-18:30",), week(each("09:30-18:30"), "mon-sat")),
    example(
        "special days",
        "Atlantic/Azores",
        OFFICE,
        OFFICE_SPANS,
        closed=("12-25", "2026-06-10"),
        closed_days=frozenset({date(y, 12, 25) for y in range(2024, 2028)} | {date(2026, 6, 10)}),
        opened=("2026-12-25 10:00-12:00", "2026-10-25 00:00-02:00", "2026-10-25 02:00-03:00", "2026-07-06 12:00-12:30"),
        special={
            date(2026, 12, 25): each("10:00-12:00"),
            date(2026, 10, 25): each("00:00-03:00"),
            date(2026, 7, 6): each("12:00-12:30"),
        },
    ),
    example(
        "hours that touch and overlap",
        "UTC",
        ("mon-fri 09:00-12:00 12:00-13:00 12:30-15:00",),
        week(each("09:00-15:00")),
    ),
)
