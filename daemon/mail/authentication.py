"""The verdict on a mail's author, from what its door is configured to trust (invariants 10 to 12).

Pure functions of the mail's bytes. Each kind of evidence gives an ``Evidence``, and ``combined`` makes one of them.
Whatever is doubled, conflicting, unreadable or not the host's own refuses: the mail is then held and its agent asked,
which costs a click, whereas a forged mail that acts costs a customer.

What Authentication-Results are worth is what the host checks. ``dmarc=pass`` may rest on SPF alone, and then any other
customer of a shared relay could have sent the mail; ``dkim=pass`` says neither which headers were signed nor whether
``l=`` left the end open. So beside the host's word we ask of each aligned signature in the mail that it has no ``l=``
and signs From, To, Date and Message-ID (and Cc, if it is there). Content-Type is not asked for: Google signs none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from daemon.core.values import Evidence
from daemon.mail.alignment import aligned, plain_name
from daemon.mail.authentication_results import Result, read_results
from daemon.mail.dkim_signatures import headers_of, read_signature
from daemon.mail.head import Head
from daemon.mail.headers import as_text
from daemon.mail.limits import DEFAULT, TooMuch
from daemon.mail.received import above
from daemon.mail.structure import every, read_headers, with_line_feeds

NAMES = frozenset({"authentication-results", "arc-authentication-results"})
MOST_READ = 20
LENGTH = re.compile(rb"(?:\A|;)\s*l\s*=")
BY_RESULTS = "authentication-results"
THREAD = frozenset({"in-reply-to", "references"})
SIGNED = ("from", "to", "date", "message-id")


@dataclass(frozen=True, slots=True)
class Trust:
    """What one door trusts. ``networks``: at a listener, where the hosts stand whose headers count; none = anywhere."""

    dkim: bool = False
    results: bool = False
    received_by: str = ""
    authserv_id: str = ""
    header: str = ""
    receives_first: bool = False
    networks: tuple[str, ...] = ()

    @property
    def checks_dkim(self) -> bool:
        return self.dkim or self.receives_first

    @property
    def checks(self) -> bool:
        """Whether there is anything at all to look for in a mail."""
        return self.checks_dkim or self.results or bool(self.header)


NO_TRUST = Trust()


def by_header(raw: bytes, header: str) -> Evidence:
    """The header that only the host can set: there once, with just that value."""
    name, _, wanted = header.partition(":")
    data = with_line_feeds(raw)
    try:
        headers, _ = read_headers(data, 0, len(data), DEFAULT, [])
    except TooMuch:
        return Evidence(False, "header-absent")
    found = [as_text(value) for value in every(headers, name.strip().lower())]
    if not found:
        return Evidence(False, "header-absent", detail=name.strip())
    if len(found) > 1:
        return Evidence(False, "header-doubled", detail=name.strip())
    if found[0] != wanted.strip():
        return Evidence(False, "header-differs", detail=f"{name.strip()}: {found[0][:80]}")
    return Evidence(True, "header", detail=header)


def by_results(raw: bytes, head: Head | None, author_domain: str, trust: Trust) -> Evidence:
    """What our host found and wrote above its own Received."""
    data = with_line_feeds(raw)
    try:
        headers, _ = read_headers(data, 0, len(data), DEFAULT, [])
    except TooMuch:
        return _refused("authentication-results-none")
    ours = above(headers, trust.received_by)
    if ours is None:
        return _refused("authentication-results-none", f"no Received of {trust.received_by}")
    written = [(name, value) for name, value in ours if name in NAMES]
    if len(written) > MOST_READ:
        return _refused("authentication-results-unreadable", f"{len(written)} headers")
    found: list[Result] = []
    counted = False
    for name, value in written:
        results = read_results(value, arc=name.startswith("arc-"))
        if results is None:
            return _refused("authentication-results-unreadable")
        if results.server == trust.authserv_id.lower():
            found += results.results
            counted = True
    if not counted:
        return _refused("authentication-results-none", f"none that is signed {trust.authserv_id!r}")
    return _verdict(found, head, author_domain)


def _verdict(found: list[Result], head: Head | None, author_domain: str) -> Evidence:
    if conflict := _conflict(found):
        return _refused("authentication-results-conflict", conflict)
    dmarc = [one for one in found if one.method == "dmarc"]
    said = ", ".join(f"{one.method}={one.result}" for one in found if one.method in ("dmarc", "dkim", "spf"))
    if any(one.result not in ("pass", "none", "bestguesspass") for one in dmarc) or any(
        one.result == "pass" and not _same(one.named("header.from"), author_domain) for one in dmarc
    ):
        return _refused("authentication-results-not-passed", said)
    passed = any(one.result == "pass" for one in dmarc) or any(
        one.method == "dkim" and one.result == "pass" and aligned(_signer(one), author_domain) for one in found
    )
    if not passed:
        by_spf = any(
            one.method == "spf" and one.result == "pass" and aligned(_mail_from(one), author_domain) for one in found
        )
        return Evidence(False, "authentication-results-not-passed", BY_RESULTS if by_spf else None, detail=said)
    if head is None:
        return Evidence(False, "dkim-headers-unsound", BY_RESULTS, detail=said)
    because, detail = _shortfall(head, author_domain)
    if because:
        return Evidence(False, because, None if because == "dkim-length-limited" else BY_RESULTS, detail=detail)
    return Evidence(True, BY_RESULTS, BY_RESULTS, head.named(_named_safely(head, author_domain)), said)


def _conflict(found: list[Result]) -> str:
    """The method of which two different things are said, of the mail or of one signature; ''."""
    said: dict[tuple[str, str], set[str]] = {}
    for one in found:
        whom = {"dkim": _signer(one), "spf": "helo" if one.named("smtp.helo") else ""}.get(one.method, "")
        said.setdefault((one.method, whom), set()).add(one.result)
    for (method, whom), results in said.items():
        nobody = method == "dkim" and not whom
        if len(results) > 1 or (nobody and any(m == "dkim" and w for m, w in said)):
            return f"{method}={'/'.join(sorted(results))}"
    return ""


def _signer(result: Result) -> str:
    return plain_name(result.named("header.d") or result.named("header.i").rpartition("@")[2])


def _mail_from(result: Result) -> str:
    return result.named("smtp.mailfrom").rpartition("@")[2]


def _same(one: str, other: str) -> bool:
    return bool(one) and plain_name(one.rpartition("@")[2]) == plain_name(other)


def _shortfall(head: Head, author_domain: str) -> tuple[str, str]:
    """Why a mail that passed at the host may still not be the mail that its author sent, or ''."""
    if doubled := head.doubled():
        return "dkim-headers-doubled", ", ".join(doubled)
    for header in headers_of(head):
        signature = read_signature(header)
        if signature is None:
            if LENGTH.search(header[1]):
                return "dkim-length-limited", "in a signature that cannot be read"
            continue
        if not aligned(signature.domain, author_domain):
            continue
        if signature.length_limited:
            return "dkim-length-limited", f"d={signature.domain} l={signature.tags['l']}"
        needed = (*SIGNED, "cc") if head.every("cc") else SIGNED
        if missing := [name for name in needed if name not in signature.signs]:
            return "dkim-headers-unsigned", f"d={signature.domain}: {', '.join(missing)}"
    return "", ""


def _named_safely(head: Head, author_domain: str) -> frozenset[str]:
    """To and Cc, and of the thread what each aligned signature fixes."""
    read = [one for header in headers_of(head) if (one := read_signature(header))]
    speaking = [one.signs for one in read if aligned(one.domain, author_domain)]
    return frozenset({"to", "cc"}) | {name for name in THREAD if all(name in signs for signs in speaking)}


def _refused(because: str, detail: str = "") -> Evidence:
    return Evidence(False, because, detail=detail)


def combined(found: Sequence[Evidence]) -> Evidence:
    """One verdict of several: what proves, else what ties the mail to its address, else the first reason why not."""
    proof = next((one for one in found if one.proved), None)
    if proof is not None:
        return proof if proof.address else _with_address(proof, _address(found))
    tied = next((one for one in found if one.address), None)
    detail = "; ".join(f"{one.because} ({one.detail})" if one.detail else one.because for one in found)
    return Evidence(False, found[0].because, tied.address if tied else None, detail=detail[:400])


def _address(found: Iterable[Evidence]) -> str | None:
    return next((one.address for one in found if one.address), None)


def _with_address(proof: Evidence, address: str | None) -> Evidence:
    return Evidence(proof.proved, proof.because, address, proof.signed, proof.detail)
