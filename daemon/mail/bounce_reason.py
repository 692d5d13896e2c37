"""What the words and codes of a bounce mean: one of some thirty reasons, and whether trying again is of any use.

The words decide before the codes, since servers use 550 for everything; the first row that matches counts, so the
rows go from the most telling to the vaguest. The names of the reasons are those in common use (sisimai's).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

VAGUE = frozenset({"contenterror", "syntaxerror", "filtered", "systemerror", "policyviolation", "expired"})
PERMANENT = frozenset({"userunknown", "hostunknown", "hasmoved", "notaccept"})
STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
SMTP_CODE = re.compile(r"(?<![\d.:/-])([45]\d\d)(?=[- #:]|$)(?![- ]\d{3,}[-/])")

WORDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (reason, re.compile(words, re.IGNORECASE))
    for reason, words in (
        (
            "expired",
            r"did not accept our requests to connect|hosts have been failing|"
            r"not reachable|(?:connection|operation) timed ?out|unable to connect successfully|"
            r"in the queue too long",
        ),
        ("networkerror", r"name server: .{0,80}lookup failure|unexpected name server|dns error|malformed|socket error"),
        ("hasmoved", r"(?<![\d.])551[ -]"),
        ("policyviolation", r"policy reasons|header error"),
        (
            "exceedlimit",
            r"message (?:size )?(?:exceeds|too large for (?:this|the) (?:recipient|"
            r"mailbox))|5\.2\.3|over the maximum (?:allowed|message)",
        ),
        (
            "mesgtoobig",
            r"message (?:is )?too (?:big|large)|message size|size limit|"
            r"mail size|552[ -]5\.3\.4|too large|exceeds? .{0,20}(?:size|"
            r"maximum).{0,20}message",
        ),
        (
            "mailboxfull",
            r"(?:mail)?box (?:is )?full|over ?quota|quota (?:exceeded|full|"
            r"violation|is full)|exceed(?:s|ed|ing)? (?:the |its |his |"
            r"storage |allowed |mailbox )?(?:local limit|quota|storage|"
            r"size)|out of storage|not enough (?:disk )?(?:storage )?space|"
            r"insufficient (?:system )?(?:storage|quota|disk)|too many messages|"
            r"disk quota|exceeded.{0,30}(?:limit|quota)|mailbox (?:size|"
            r"has exceeded|over)|(?:is|are) over (?:the )?(?:allowed )?quota|"
            r"exceed.{0,20}mailbox|account is full|user is over|full mailbox|"
            r"メールボックスが一杯|容量",
        ),
        (
            "requireptr",
            r"\bptr\b|reverse[ -]?(?:dns|mapping|lookup|record)|(?:no|missing|"
            r"without) rdns|fcrdns|forward-confirmed|no (?:valid )?host ?name|"
            r"hostname.{0,30}(?:not|does not) (?:resolve|exist|match)",
        ),
        (
            "authfailure",
            r"\bdmarc|\bspf[ :-].{0,40}(?:fail|check|record|valid)|dkim.{0,30}(?:fail|"
            r"valid|check)|unauthenticated (?:email|mail)|sender policy|"
            r"5\.7\.26|authentication (?:check|information)|(?:neither|"
            r"not) .{0,20}(?:spf|dkim)|does not designate",
        ),
        ("badreputation", r"(?:low|poor|bad) reputation|reputation (?:of|is)|very low reputation"),
        ("virusdetected", r"virus|malware|infected|trojan|worm found"),
        (
            "spamdetected",
            r"spam(?! ?arrest)|unsolicited|bulk mail|content (?:rejected|"
            r"filter)|looks like|junk|message content rejected|high probability|"
            r"bayes|blocked by (?:content|our)|denied by policy.{0,20}spam",
        ),
        (
            "toomanyconn",
            r"too many (?:concurrent |simultaneous )?(?:connections|sessions|"
            r"smtp)|connection (?:rate )?limit|max(?:imum)? (?:number of )?connections",
        ),
        (
            "speeding",
            r"(?:sending|message|receiving) rate|rate limit|too many (?:messages|"
            r"emails|mails|recipients)|receiving mail at a rate|too (?:fast|"
            r"quickly|often)|throttl|4\.2\.1.{0,40}rate",
        ),
        ("failedstarttls", r"starttls|tls (?:is )?(?:required|not)|does not support tls|must issue a starttls"),
        (
            "norelaying",
            r"relay(?:ing)? (?:is )?(?:not|access|denied|prohibited|operation)"
            r"|unable to relay|not (?:permitted|allowed|able) to relay|"
            r"no relaying|relaying|not a local|we do not relay|relay not|"
            r"isn't in my (?:list|control)|rcpthosts",
        ),
        (
            "suspend",
            r"suspend|inactive|disabled|account (?:is )?(?:locked|closed|"
            r"deactivated|expired|unavailable|not active)|temporarily (?:unavailable mailbox|"
            r"locked)|is currently (?:suspended|disabled)|unpaid|frozen|"
            r"has been (?:blocked|disabled)|retired account|not available at this time|"
            r"dormant",
        ),
        (
            "hasmoved",
            r"has moved|moved to|has been (?:moved|replaced|changed) (?:to|"
            r"by)|new address|5\.1\.6|address (?:was )?changed",
        ),
        (
            "rejected",
            r"(?:sender|from) (?:address )?(?:is )?(?:rejected|denied|verify failed|"
            r"refused|domain|not allowed|unknown|blocked|verification)|"
            r"envelope (?:sender|from)|mail from|(?:your|the) (?:sender|"
            r"from) |invalid sender|bad sender|sender .{0,30}(?:not|reject|"
            r"denied|block)|not authorized to send|may not have permission to post|"
            r"domain of sender|not accept(?:ed|ing)? (?:mail|email|messages)"
            r" from|5\.1\.[78]|access denied.{0,20}sender|no permission|"
            r"groups\.google\.com/support",
        ),
        (
            "blocked",
            r"black ?list|blocklist|\brbl\b|dnsbl|spamhaus|spamcop|sorbs|"
            r"\bblock(?:ed|ing|list)? .{0,40}\b(?:ip|host|network|client)"
            r"\b|\b(?:ip|client|client host|network)\b.{0,40}(?:\bblock|"
            r"banned|denied|reject|not (?:allowed|permitted|welcome))|smtp server of your isp|"
            r"\(BL\)|access denied|banned|connection (?:refused by|reset by|"
            r"dropped by)? ?(?:policy|peer)?.{0,5}(?:block)|go away|denied access|"
            r"not authorized to connect|\bhelo\b|\behlo\b|rejected.{0,20}your (?:ip|"
            r"host)|no access from|bad (?:dns|helo)|suspicious",
        ),
        (
            "hostunknown",
            r"host (?:or domain name )?(?:not found|unknown|does not exist)"
            r"|unknown (?:host|domain)|no such (?:host|domain)|domain (?:name )?(?:not found|"
            r"does not exist|unknown|is invalid|must resolve|doesn)|nxdomain|"
            r"couldn't find any host|name or service not known|name (?:server|"
            r"service).{0,20}not|unrouteable (?:mail )?(?:domain|address)"
            r"|host name lookup failure|could not find|recipient address domain|"
            r"bad destination (?:host|mailbox|system)|invalid domain|illegal host|"
            r"does not exist in dns|address lookup failed|no mx|unable to (?:resolve|"
            r"lookup)|5\.1\.2|no route to domain|domain lookup|non-?existent host|"
            r"name server: .{0,60}host not found",
        ),
        (
            "notaccept",
            r"does(?: not|n't) (?:accept|receive|have) (?:mail|e-?mail|"
            r"any|smtp|messages)|null ?mx|no longer accept|smtp (?:protocol )?(?:returned|"
            r"server is not)|not accept(?:ing)? (?:mail|messages|email)"
            r"|recipient (?:domain|host).{0,20}not accept|5\.3\.2|host does not receive|"
            r"mail receiving disabled|closing connection",
        ),
        (
            "networkerror",
            r"(?:mail|routing|message) loop|loop(?:s|ing|ed)? (?:back|detected)"
            r"|too many hops|hop count|is looping|network (?:is )?unreachable|"
            r"no route to host|unable to (?:connect|route)|name ?server (?:timeout|"
            r"error|failure|loop)|dns (?:error|failure|lookup)|temporary (?:dns|"
            r"name)|could not (?:connect|contact)|malformed name server|"
            r"4\.4\.6|5\.4\.6|maximum hop|routing error|connection (?:was )?(?:dropped|"
            r"lost|reset|interrupted)|no dns|all relevant mx|unable to look",
        ),
        (
            "policyviolation",
            r"polic(?:y|ies)|violat|prohibited|not (?:allowed|permitted)"
            r" (?:attachment|by)|message (?:was )?rejected (?:by|due)|attachment|"
            r"rfc (?:5322|2822)|5\.7\.(?:0|9)\b|header",
        ),
        (
            "securityerror",
            r"security|authentication (?:required|failed)|must be authenticated|"
            r"authorization|encrypt|password|credentials|certificate",
        ),
        (
            "userunknown",
            r"user ?(?:is )?(?:unknown|not|doesn|does|invalid|unavailable)"
            r"|unknown (?:user|recipient|mailbox|account|local|address|"
            r"or illegal)|no such (?:user|recipient|mailbox|person|address|"
            r"local|account)|(?:mail ?box|recipient|address|account|user|"
            r"name|addressee)s? ?(?:<[^>]{1,100}> ?)?(?:is |was |could |"
            r"has |address |name |you |tried |that |to |reach )*(?:unknown|"
            r"not (?:be )?(?:found|known|exist|valid|recognized|listed|"
            r"here|local|available)|unavailable|does(?: not|n't) exist|"
            r"invalid|rejected|doesn't|never logged)|invalid (?:recipient|"
            r"user|mailbox|address|account)|(?:no|bad|not a valid) (?:mailbox|"
            r"recipient|user|account|address)|not (?:our|a known) (?:customer|"
            r"user)|does not (?:exist|have an? .{0,30}account)|doesn't have (?:a|"
            r"an)|doesn't exist|is not a (?:valid|known|registered|user)"
            r"|no mailbox|no account|unrouteable address|not listed in|"
            r"recipnotfound|5\.1\.1|no longer (?:valid|at|here|with|works)"
            r"|wasn't found|isn't a (?:valid|known)|no (?:valid )?recipients|"
            r"cannot find|adressat unbekannt|user not found|not recognized|"
            r"unroutable address|undeliverable address|unknown$|推",
        ),
        (
            "expired",
            r"(?:delivery|retry|message|queue|connection|operation|session|"
            r"read|conversation).{0,30}(?:time(?:d)? ?-?out|expired|exceeded|"
            r"too long)|too long|not (?:yet )?been delivered|timed? ?out|"
            r"connection refused|could not be delivered (?:for|within|in|"
            r"after)|delivery (?:attempts|time)|retry time|expired|give up|"
            r"giving up|on the queue|delayed|still being retried|no further|"
            r"unreachable for|been deferred|will (?:be re|continue|keep|"
            r"retry)|4\.4\.[127]|5\.4\.[17]|after \d+ (?:days|hours)|undeliverable for|"
            r"wasn't able to establish|connect(?:ion)? (?:failed|to .{0,40} (?:failed|"
            r"refused))|not respond|lost connection|try again later|for \d+ days",
        ),
        (
            "mailererror",
            r"mailer (?:error|process)|command (?:failed|died|output|timed)"
            r"|x-unix|pipe to|exit (?:code|status)|procmail|error \d+ in|"
            r"local delivery|child (?:status|process)|prog",
        ),
        ("systemfull", r"mail system full|disk full|no space left|system storage"),
        (
            "systemerror",
            r"system error|internal (?:server )?error|local (?:configuration |"
            r"delivery )?error|configuration error|can't (?:create|open|"
            r"lock)|cannot (?:open|create|lock)|mail for .{1,60} loops back|"
            r"error (?:in|while) processing|temporary (?:local |system )?(?:problem|"
            r"failure|error)|local problem|ldap|resources? (?:temporarily )?|"
            r"i/o error|service (?:not available|unavailable)|server error|"
            r"mail server",
        ),
        (
            "filtered",
            r"filter|because the recipient|not accepting|only accepts|refus(?:ed|"
            r"es)|recipient (?:address )?reject|rejected by (?:the )?(?:recipient|"
            r"user)|permission|this-message-rejected|domain-filter|due to extended inactivity|"
            r"no such user here|requested action not taken|(?:user|address|"
            r"recipient).{0,20}reject",
        ),
        ("contenterror", r"content|mime|8bit|charset|format"),
        ("syntaxerror", r"syntax|bad (?:sequence|command)|command (?:not|unrecognized|unknown)|50[0-4][ -]"),
    )
)
BY_STATUS = dict(
    pair.split("=")
    for pair in (
        "1.0=userunknown 1.1=userunknown 1.2=hostunknown 1.3=userunknown 1.4=filtered 1.6=hasmoved 1.7=rejected "
        "1.8=rejected 1.9=expired 1.10=notaccept "
        "2.0=filtered 2.1=suspend 2.2=mailboxfull 2.3=exceedlimit 2.4=filtered "
        "3.0=systemerror 3.1=systemfull 3.2=notaccept 3.3=systemerror 3.4=mesgtoobig 3.5=systemerror "
        "4.0=networkerror 4.1=expired 4.2=expired 4.3=systemerror 4.4=hostunknown 4.5=systemfull 4.6=networkerror "
        "4.7=expired 4.8=networkerror "
        "5.0=mailererror 5.1=blocked 5.2=syntaxerror 5.3=toomanyconn 5.4=systemerror 5.5=systemerror "
        "6.0=contenterror 6.1=contenterror 6.2=contenterror 6.3=contenterror 6.5=contenterror 6.9=contenterror "
        "7.0=policyviolation 7.1=rejected 7.2=filtered 7.3=securityerror 7.4=securityerror 7.5=securityerror "
        "7.6=securityerror 7.7=securityerror 7.8=securityerror 7.9=securityerror 7.13=suspend 7.17=hasmoved "
        "7.20=authfailure 7.23=authfailure 7.25=requireptr 7.26=authfailure 7.27=notaccept 7.509=authfailure "
    ).split()
)


AFTER_DATA = re.compile(
    r"in reply to end of data|after end of data|final data|after sending data|"
    r"end of message",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    status: str | None
    smtp_code: str | None
    reason: str
    permanent: bool


def judge(diagnostic: str, status: str | None, action: str | None, told: str = "") -> Verdict:
    """Say why a recipient's mail bounced. ``diagnostic`` may be long; its first 2,000 characters count.

    ``told`` is what the mail tells people: a server that first takes the recipient and then, at the end of the mail,
    does not know it, filters.
    """
    words = diagnostic[:2000]
    found_code = SMTP_CODE.search(words)
    code = found_code[1] if found_code else None
    found_status = [one for one in STATUS.findall(words) if one[0] in "45"]
    if (status is None or status[2:] == "0.0") and found_status:
        status = next((one for one in found_status if one[2:] != "0.0"), found_status[0])
    reason = next((name for name, pattern in WORDS if pattern.search(words)), None)
    if (
        reason in (None, "contenterror", "syntaxerror", "filtered", "systemerror", "policyviolation", "expired")
        and status
    ):
        reason = BY_STATUS.get(status[2:], reason) if reason is None or status[2:] not in ("0.0", "7.1") else reason
    if reason == "userunknown" and AFTER_DATA.search(told[:4000] or words):
        reason = "filtered"
    temporary = action == "delayed" or (status or code or "5").startswith("4")
    reason = reason or ("expired" if temporary else "undefined")
    permanent = reason in PERMANENT and action != "delayed" and not (reason == "notaccept" and temporary)
    return Verdict(status, code, reason, permanent)
