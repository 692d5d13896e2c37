"""What the words and codes of a bounce mean: one of some thirty reasons, and whether trying again is of any use.

The words decide before the codes, since servers use 550 for everything; the first row that matches counts, so the rows go from the
most telling to the vaguest. The names of the reasons are those in common use (sisimai's).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

PERMANENT = frozenset({"userunknown", "hostunknown", "hasmoved", "notaccept"})
STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
SMTP_CODE = re.compile(r"(?<![\d.:/-])([45]\d\d)(?=[- #:]|$)(?![- ]\d{3,}[-/])")

WORDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (reason, re.compile(words, re.IGNORECASE))
    for reason, words in (
        ("exceedlimit", r"message (?:size )?(?:exceeds|too large for (?:this|the) (?:recipient|mailbox))|5\.2\.3|over the maximum (?:allowed|message)"),
        ("mesgtoobig", r"message (?:is )?too (?:big|large)|message size|size limit|mail size|552[ -]5\.3\.4|too large|exceeds? .{0,20}(?:size|maximum).{0,20}message"),
        ("mailboxfull", r"(?:mail)?box (?:is )?full|over ?quota|quota (?:exceeded|full|violation|is full)|exceed(?:s|ed|ing)? (?:the |its |his |storage |allowed |mailbox )?(?:local limit|quota|storage|size)|out of storage|not enough (?:disk )?(?:storage )?space|insufficient (?:system )?(?:storage|quota|disk)|too many messages|disk quota|exceeded.{0,30}(?:limit|quota)|mailbox (?:size|has exceeded|over)|(?:is|are) over (?:the )?(?:allowed )?quota|exceed.{0,20}mailbox|account is full|user is over|full mailbox|メールボックスが一杯|容量"),
        ("requireptr", r"ptr|reverse[ -]?(?:dns|mapping|lookup|record)|(?:no|missing|without) rdns|fcrdns|forward-confirmed|no (?:valid )?host ?name|hostname.{0,30}(?:not|does not) (?:resolve|exist|match)"),
        ("authfailure", r"dmarc|spf[ :-].{0,40}(?:fail|check|record|valid)|dkim.{0,30}(?:fail|valid|check)|unauthenticated (?:email|mail)|sender policy|5\.7\.26|authentication (?:check|information)|(?:neither|not) .{0,20}(?:spf|dkim)|does not designate"),
        ("badreputation", r"(?:low|poor|bad) reputation|reputation (?:of|is)|very low reputation"),
        ("virusdetected", r"virus|malware|infected|trojan|worm found"),
        ("spamdetected", r"spam(?! ?arrest)|unsolicited|bulk mail|content (?:rejected|filter)|looks like|junk|message content rejected|high probability|bayes|blocked by (?:content|our)|denied by policy.{0,20}spam"),
        ("toomanyconn", r"too many (?:concurrent |simultaneous )?(?:connections|sessions|smtp)|connection (?:rate )?limit|max(?:imum)? (?:number of )?connections"),
        ("speeding", r"(?:sending|message|receiving) rate|rate limit|too many (?:messages|emails|mails|recipients)|receiving mail at a rate|too (?:fast|quickly|often)|throttl|4\.2\.1.{0,40}rate"),
        ("failedstarttls", r"starttls|tls (?:is )?(?:required|not)|does not support tls|must issue a starttls"),
        ("norelaying", r"relay(?:ing)? (?:is )?(?:not|access|denied|prohibited|operation)|unable to relay|not (?:permitted|allowed|able) to relay|no relaying|relaying|not a local|we do not relay|relay not|isn't in my (?:list|control)|rcpthosts"),
        ("suspend", r"suspend|inactive|disabled|account (?:is )?(?:locked|closed|deactivated|expired|unavailable|not active)|temporarily (?:unavailable mailbox|locked)|is currently (?:suspended|disabled)|unpaid|frozen|has been (?:blocked|disabled)|retired account|not available at this time|dormant"),
        ("hasmoved", r"has moved|moved to|has been (?:moved|replaced|changed) (?:to|by)|new address|5\.1\.6|address (?:was )?changed"),
        ("rejected", r"(?:sender|from) (?:address )?(?:is )?(?:rejected|denied|verify failed|refused|domain|not allowed|unknown|blocked|verification)|envelope (?:sender|from)|mail from|(?:your|the) (?:sender|from) |invalid sender|bad sender|sender .{0,30}(?:not|reject|denied|block)|not authorized to send|may not have permission to post|domain of sender|not accept(?:ed|ing)? (?:mail|email|messages) from|5\.1\.[78]|access denied.{0,20}sender|no permission"),
        ("blocked", r"black ?list|blocklist|rbl|dnsbl|spamhaus|spamcop|sorbs|block(?:ed|ing|list)? .{0,40}(?:ip|host|network|address|client)|(?:ip|client|host|network|connecting).{0,40}(?:block|banned|refused|denied|reject|not (?:allowed|permitted|welcome|accept))|access denied|banned|connection (?:refused by|reset by|dropped by)? ?(?:policy|peer)?.{0,5}(?:block)|go away|denied access|not authorized to connect|helo|ehlo|rejected.{0,20}your (?:ip|host)|no access from|bad (?:dns|helo)|suspicious"),
        ("hostunknown", r"host (?:or domain name )?(?:not found|unknown|does not exist)|unknown (?:host|domain)|no such (?:host|domain)|domain (?:name )?(?:not found|does not exist|unknown|is invalid|must resolve|doesn)|nxdomain|couldn't find any host|name or service not known|name (?:server|service).{0,20}not|unrouteable (?:mail )?domain|host name lookup failure|could not find|recipient address domain|bad destination (?:host|mailbox|system)|invalid domain|illegal host|does not exist in dns|address lookup failed|no mx|unable to (?:resolve|lookup)|5\.1\.2|no route to domain|domain lookup|non-?existent host|name server: .{0,60}host not found"),
        ("notaccept", r"does(?: not|n't) (?:accept|receive|have) (?:mail|e-?mail|any|smtp|messages)|null ?mx|no longer accept|smtp (?:protocol )?(?:returned|server is not)|not accept(?:ing)? (?:mail|messages|email)|recipient (?:domain|host).{0,20}not accept|5\.3\.2|host does not receive|mail receiving disabled|closing connection"),
        ("networkerror", r"(?:mail|routing|message) loop|loop(?:s|ing|ed)? (?:back|detected)|too many hops|hop count|is looping|network (?:is )?unreachable|no route to host|unable to (?:connect|route)|name ?server (?:timeout|error|failure|loop)|dns (?:error|failure|lookup)|temporary (?:dns|name)|could not (?:connect|contact)|malformed name server|4\.4\.6|5\.4\.6|maximum hop|routing error|connection (?:was )?(?:dropped|lost|reset|interrupted)|no dns|all relevant mx|unable to look"),
        ("policyviolation", r"polic(?:y|ies)|violat|prohibited|not (?:allowed|permitted) (?:attachment|by)|message (?:was )?rejected (?:by|due)|attachment|rfc (?:5322|2822)|5\.7\.(?:0|9)\b|header"),
        ("securityerror", r"security|authentication (?:required|failed)|must be authenticated|authorization|encrypt|password|credentials|certificate"),
        ("userunknown", r"user ?(?:is )?(?:unknown|not|doesn|does|invalid|unavailable)|unknown (?:user|recipient|mailbox|account|local|address|or illegal)|no such (?:user|recipient|mailbox|person|address|local|account)|(?:mail ?box|recipient|address|account|user|name|addressee)s? ?(?:<[^>]{1,100}> ?)?(?:is |was |could |has |address |name |you |tried |that |to |reach )*(?:unknown|not (?:be )?(?:found|known|exist|valid|recognized|listed|here|local|available)|unavailable|does(?: not|n't) exist|invalid|rejected|doesn't|never logged)|invalid (?:recipient|user|mailbox|address|account)|(?:no|bad|not a valid) (?:mailbox|recipient|user|account|address)|not (?:our|a known) (?:customer|user)|does not (?:exist|have an? .{0,30}account)|doesn't have (?:a|an)|doesn't exist|is not a (?:valid|known|registered|user)|no mailbox|no account|unrouteable address|not listed in|recipnotfound|5\.1\.1|no longer (?:valid|at|here|with|works)|wasn't found|isn't a (?:valid|known)|no (?:valid )?recipients|cannot find|adressat unbekannt|user not found|not recognized|unroutable address|undeliverable address|unknown$|推"),
        ("expired", r"(?:delivery|retry|message|queue|connection|operation|session|read|conversation).{0,30}(?:time(?:d)? ?-?out|expired|exceeded|too long)|too long|not (?:yet )?been delivered|timed? ?out|connection refused|could not be delivered (?:for|within|in|after)|delivery (?:attempts|time)|retry time|expired|give up|giving up|on the queue|delayed|still being retried|no further|unreachable for|been deferred|will (?:be re|continue|keep|retry)|4\.4\.[127]|5\.4\.[17]|after \d+ (?:days|hours)|undeliverable for|wasn't able to establish|connect(?:ion)? (?:failed|to .{0,40} (?:failed|refused))|not respond|lost connection|try again later|for \d+ days"),
        ("mailererror", r"mailer (?:error|process)|command (?:failed|died|output|timed)|x-unix|pipe to|exit (?:code|status)|procmail|error \d+ in|local delivery|child (?:status|process)|prog"),
        ("systemfull", r"mail system full|disk full|no space left|system storage"),
        ("systemerror", r"system error|internal (?:server )?error|local (?:configuration |delivery )?error|configuration error|can't (?:create|open|lock)|cannot (?:open|create|lock)|mail for .{1,60} loops back|error (?:in|while) processing|temporary (?:local |system )?(?:problem|failure|error)|local problem|ldap|resources? (?:temporarily )?|i/o error|service (?:not available|unavailable)|server error|mail server"),
        ("filtered", r"filter|because the recipient|not accepting|only accepts|refus(?:ed|es)|recipient (?:address )?reject|rejected by (?:the )?(?:recipient|user)|permission|this-message-rejected|domain-filter|due to extended inactivity|no such user here|requested action not taken|(?:user|address|recipient).{0,20}reject"),
        ("contenterror", r"content|mime|8bit|charset|format"),
        ("syntaxerror", r"syntax|bad (?:sequence|command)|command (?:not|unrecognized|unknown)|50[0-4][ -]"),
    )
)
BY_STATUS = {
    "1.0": "userunknown", "1.1": "userunknown", "1.2": "hostunknown", "1.3": "userunknown", "1.4": "filtered", "1.6": "hasmoved",
    "1.7": "rejected", "1.8": "rejected", "1.9": "expired", "1.10": "notaccept",
    "2.0": "filtered", "2.1": "suspend", "2.2": "mailboxfull", "2.3": "exceedlimit", "2.4": "filtered",
    "3.0": "systemerror", "3.1": "systemfull", "3.2": "notaccept", "3.3": "systemerror", "3.4": "mesgtoobig", "3.5": "systemerror",
    "4.0": "networkerror", "4.1": "expired", "4.2": "expired", "4.3": "systemerror", "4.4": "hostunknown", "4.5": "systemfull",
    "4.6": "networkerror", "4.7": "expired", "4.8": "networkerror",
    "5.0": "mailererror", "5.1": "blocked", "5.2": "syntaxerror", "5.3": "toomanyconn", "5.4": "systemerror", "5.5": "systemerror",
    "6.0": "contenterror", "6.1": "contenterror", "6.2": "contenterror", "6.3": "contenterror", "6.5": "contenterror", "6.9": "contenterror",
    "7.0": "policyviolation", "7.1": "rejected", "7.2": "filtered", "7.3": "securityerror", "7.4": "securityerror", "7.5": "securityerror",
    "7.6": "securityerror", "7.7": "securityerror", "7.8": "securityerror", "7.9": "securityerror", "7.13": "suspend", "7.17": "hasmoved",
    "7.20": "authfailure", "7.23": "authfailure", "7.25": "requireptr", "7.26": "authfailure", "7.27": "notaccept", "7.509": "authfailure",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    status: str | None
    smtp_code: str | None
    reason: str
    permanent: bool


def judge(diagnostic: str, status: str | None, action: str | None) -> Verdict:
    """Say why a recipient's mail bounced. ``diagnostic`` may be long; its first 2,000 characters count."""
    words = diagnostic[:2000]
    found_code = SMTP_CODE.search(words)
    code = found_code[1] if found_code else None
    found_status = [one for one in STATUS.findall(words) if one[0] in "45"]
    if (status is None or status[2:] == "0.0") and found_status:
        status = next((one for one in found_status if one[2:] != "0.0"), found_status[0])
    reason = next((name for name, pattern in WORDS if pattern.search(words)), None)
    if reason in (None, "contenterror", "syntaxerror", "filtered", "systemerror", "policyviolation", "expired") and status:
        reason = BY_STATUS.get(status[2:], reason) if reason is None or status[2:] not in ("0.0", "7.1") else reason
    temporary = action == "delayed" or (status or code or "5").startswith("4")
    reason = reason or ("expired" if temporary else "undefined")
    permanent = reason in PERMANENT and action != "delayed" and not (reason == "notaccept" and temporary)
    return Verdict(status, code, reason, permanent)
