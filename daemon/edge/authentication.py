"""Who stands behind a mail's From: asked before the mail is decided about, at doors that trust more than themselves.

Nothing is looked up and nothing is verified at a door that trusts neither ``dkim`` nor ``authentication-results`` nor
``header`` and does not receive first. The cheapest evidence comes first, and what proves ends the search. Signatures
are verified in the parser's worker processes, since hostile bytes are their trade; SPF in threads of its own.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace

from daemon.core.values import NO_EVIDENCE, Envelope, Evidence, Mail
from daemon.edge.dns import Resolver
from daemon.edge.gate import networks, within
from daemon.edge.spf import Spf
from daemon.mail.alignment import RELAXED, Policy, aligned, plain_name, policy_names, read_policy
from daemon.mail.authentication import NO_TRUST, Trust, by_header, by_results, combined
from daemon.mail.dkim_signatures import Answer, Inquiry, candidates, without_candidates
from daemon.mail.head import read_head
from daemon.mail.worker import ParserPool


class Authenticator:
    """Weighs a mail's evidence. ``trusts`` tells what each door trusts, ``agents`` are their casefolded addresses."""

    def __init__(
        self,
        trusts: Mapping[str, Trust],
        agents: frozenset[str],
        pool: ParserPool,
        resolver: Resolver,
        seconds: float,
    ) -> None:
        self._trusts = trusts
        self._agents = agents
        self._pool = pool
        self._resolver = resolver
        self._spf = Spf(resolver)
        self._seconds = seconds

    def close(self) -> None:
        self._spf.close()

    async def evidence(self, raw: bytes, mail: Mail, envelope: Envelope) -> Evidence:
        """What the mail itself brings along; what its door saw of the connection is not asked here."""
        trust = self._trusts.get(envelope.door, NO_TRUST)
        domain = plain_name(mail.sender.domain) if mail.sender is not None else ""
        if mail.sender is None or not domain or not trust.checks:
            return NO_EVIDENCE
        agent = mail.sender.address.casefold() in self._agents
        found: list[Evidence] = []
        for evidence in self._written(raw, domain, agent, envelope, trust):
            found.append(evidence)
            if evidence.proved:
                break
        end = time.monotonic() + self._seconds
        if trust.checks_dkim and not any(one.proved for one in found):
            signed = await self._by_dkim(raw, domain, envelope, end)
            if signed.proved and not trust.dkim:
                signed = replace(signed, proved=False, because="dkim-not-trusted")
            found.append(signed)
        if trust.receives_first and not any(one.address for one in found):
            found.append(await self._by_spf(domain, envelope, end))
        verdict = combined(found) if found else NO_EVIDENCE
        if not agent and not verdict.proved and verdict.address:
            return replace(verdict, because=verdict.address)
        return verdict

    def _written(self, raw: bytes, domain: str, agent: bool, envelope: Envelope, trust: Trust) -> Iterable[Evidence]:
        """What our own host wrote into the mail; at a listener, only if it is that host that hands over."""
        if not trust.results and not (trust.header and agent):
            return
        known = envelope.peer or envelope.source != "file"  # of a file that is only looked at, nobody said whence
        if trust.networks and known and not within(envelope.peer, networks(trust.networks)):
            yield Evidence(False, "peer-not-trusted", detail=envelope.peer)
            return
        if trust.header and agent:
            yield by_header(raw, trust.header)
        if trust.results:
            yield by_results(raw, read_head(raw), domain, trust)

    async def _by_dkim(self, raw: bytes, domain: str, envelope: Envelope, end: float) -> Evidence:
        head = read_head(raw)
        wanted = candidates(head, domain) if head else ()
        if not wanted:
            return without_candidates(head, domain)
        keys = {one.key_name for one in wanted}
        policies = policy_names(domain) if any(one.domain != domain for one in wanted) else ()
        answers = await self._resolver.texts((*keys, *policies), end - time.monotonic())
        inquiry = Inquiry(
            domain,
            envelope.received_at,
            {name: answers[name] for name in keys},
            _policy(policies, answers),
        )
        return await self._pool.check(raw, inquiry, f"{envelope.peer} {(envelope.sender or '').rpartition('@')[2]}")

    async def _by_spf(self, domain: str, envelope: Envelope, end: float) -> Evidence:
        """Whether the peer may send mail of an envelope sender that is aligned with From."""
        sender = envelope.sender or ""
        voucher = sender.rpartition("@")[2]
        if not aligned(voucher, domain):
            return Evidence(False, "spf-not-aligned", detail=voucher[:80])
        if plain_name(voucher) != domain:
            names = policy_names(domain)
            policy = _policy(names, await self._resolver.texts(names, end - time.monotonic()))
            if policy is None or not aligned(voucher, domain, policy.strict_spf):
                return Evidence(False, "spf-not-aligned" if policy else "dns-unavailable", detail=voucher[:80])
        result = await self._spf.passes(envelope.peer, sender, end - time.monotonic())
        said = f"spf={result} for {envelope.peer}"
        if result != "pass":
            return Evidence(False, "dns-unavailable" if result == "temperror" else "spf-not-passed", detail=said)
        return Evidence(False, "spf-proves-no-agent", "spf", detail=said)


def _policy(names: Iterable[str], answers: Mapping[str, Answer]) -> Policy | None:
    """What the author's domain, else its organisational domain, publishes; None where that cannot be known now."""
    for name in names:
        if answers[name].found == "unavailable":
            return None
        if found := read_policy(answers[name].records):
            return found
    return RELAXED
