"""
Whom an SMTP reply is about, and what follows: one table.

A reply is read by the stage at which it came, its code (RFC 5321), its enhanced status (RFC 3463, RFC 7372) and,
where these say too little, its words, as Postfix, Exchange, Gmail, Yahoo and SES really send them. The first rule that
fits holds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from message_center.delivery.outcomes import (
    DISABLED,
    INBOX_FULL,
    INVALID_DOMAIN,
    MAX_MESSAGE_LENGTH,
    REFUSED,
    UNKNOWN_USER,
    UNREACHABLE,
    Outcome,
)
from message_center.errors import one_line


class Stage(Enum):
    """What the reply answers."""

    CONNECT = "connecting"  # greeting, EHLO, STARTTLS and AUTH too
    MAIL = "MAIL FROM"
    RCPT = "RCPT TO"
    DATA = "DATA"  # the command, and the message itself


class Consequence(Enum):
    """What follows from a reply."""

    QUARANTINE = "the message fails, and the recipient's address goes into quarantine"
    FAIL = "the message fails"
    RETRY = "the message is tried again later"
    STOP_SENDER = "messages of this sender are tried again later, without asking again now"
    NEW_SESSION = "the message is sent again at once, over a new session; that is no try"
    SLOW_DOWN = "all messages wait, this one too; that is no try"
    SERVER = "the message is tried again later; when one after the other gets this, all of them wait"


@dataclass(frozen=True)
class Rule:
    """
    What a kind of reply is about, and what follows.

    :param subject: ``recipient``, ``message``, ``sender``, ``session`` or ``server``.
    :param stages: those at which it may come; empty: all.
    :param status: a pattern of the enhanced status without its first digit, ``1.1``; empty: with any or without one.
    :param code: a pattern of the basic code.
    :param words: a pattern that the text must hold; empty: any text.
    """

    subject: str
    consequence: Consequence
    status: str = ""
    code: str = ""
    words: str = ""
    stages: tuple[Stage, ...] = ()
    reason: int = REFUSED

    def fits(self, stage: Stage, code: int, status: str, text: str) -> bool:
        """Whether a reply is of this kind."""
        return (
            (not self.stages or stage in self.stages)
            and (not self.code or re.fullmatch(self.code, str(code)) is not None)
            and (not self.status or re.fullmatch(self.status, status) is not None)
            and (not self.words or re.search(self.words, text, re.IGNORECASE) is not None)
        )


QUARANTINE, FAIL, RETRY = Consequence.QUARANTINE, Consequence.FAIL, Consequence.RETRY
STOP_SENDER, NEW_SESSION = Consequence.STOP_SENDER, Consequence.NEW_SESSION
SLOW_DOWN, SERVER = Consequence.SLOW_DOWN, Consequence.SERVER
MAIL, RCPT, TO = (Stage.MAIL,), (Stage.RCPT,), (Stage.RCPT, Stage.DATA)

RATE = (
    r"throttl|rate.?limit|sending rate|too (many|much) (messages|mails?|connections|concurrent|requests)|too quickly"
    r"|too fast|slow down|unusual rate|at a rate|deferred due to (user|unexpected)|server busy|connection limit"
    r"|maximum number of (connections|concurrent)"
)
BLOCKED_HOST = (
    r"client host|blocked using|black ?list|block ?list|spamhaus|spamcop|barracuda|\b[rd]nsbl\b|\brbl\b"
    r"|banned sending ip|reputation of (the|your)|poor (ip )?reputation|reverse (dns|hostname)|\bptr\b"
    r"|ip you're using|\bip\b.{0,60}(block|ban|listed|denied|reject)|(block|ban|listed|denied|reject).{0,60}\bip\b"
    r"|unable to relay|relay(ing)? (access )?denied|relay not permitted|not permitted to relay|\brelaying\b"
    r"|authentication (is )?required|not authenticated|must issue a starttls|must authenticate|tenant has exceeded"
    r"|quota exceeded|daily (message|user sending) (quota|limit)"
)
SENDER = (
    r"sender (address|domain|verify|verification|id|not|is not|denied|rejected)|from (address|domain|header)"
    r"|permissions? to send as|send ?as|not (allowed|authorized|permitted) to send (as|from)|\bspf\b|\bdkim\b|\bdmarc\b"
    r"|unauthenticated (e-?mail|mail|sender)|sending domain|identit(y|ies) failed|address is not verified|banned sender"
    r"|return.?path|envelope sender|mail from .{0,40}(reject|denied|not allowed)"
)
UNKNOWN = (
    r"user unknown|unknown (user|recipient|mailbox|address|local)|no such (user|mailbox|recipient|address|account)"
    r"|(user|mailbox|recipient|account|address) (does not|doesn't|not) (exist|found|have|known)"
    r"|(does not|doesn't) (exist|have an? .{0,30}account)"
    r"|recipient ?not ?found|recipnotfound|invalid (recipient|mailbox|user)|mailbox (unavailable|not found|unknown)"
    r"|not a valid (mailbox|user|recipient)|no mailbox here|address unknown"
)
DISABLED_USER = (
    r"disabled|inactive|deactivated|suspended|no longer (valid|in use|active|available)|account (is )?closed"
)
FULL = (
    r"(mailbox|inbox|quota|storage).{0,30}(full|exceed)|over ?quota|quota (exceeded|full)|insufficient (disk|storage)"
)
TOO_LARGE = r"too (large|big)|size (exceeds?|limit)|exceeds? .{0,30}size|message size"
SPAM = r"spam|junk|unsolicited|virus|malware|phish|content|policy|\burl\b|attachment|security issue|suspicious|bulk"
GREYLIST = r"gr[ea]y.?list|try again (in|later)|temporarily (deferred|rejected)"

RULES: tuple[Rule, ...] = (
    # The session: its end says nothing of anybody.
    Rule("server", SLOW_DOWN, code="421", words=RATE, reason=UNREACHABLE),
    Rule("server", SLOW_DOWN, code="421", status=r"7\.\d+", reason=UNREACHABLE),
    Rule("session", NEW_SESSION, code="421", reason=UNREACHABLE),
    Rule(
        "session", NEW_SESSION, code="50[0-3]", status=r"(5\.[0-2])?", words=r"command|sequence|bad|unrecogni[sz]ed|^$"
    ),
    Rule("session", NEW_SESSION, status=r"5\.3", reason=UNREACHABLE),
    Rule("session", NEW_SESSION, code="452", words=r"too many recipients", reason=UNREACHABLE),
    # Rates.
    Rule("recipient", RETRY, status=r"2\.1", words=RATE, reason=UNREACHABLE, stages=TO),
    Rule("server", SERVER, code="454", words=r"daily|quota", reason=UNREACHABLE),
    Rule("server", SLOW_DOWN, code="4..", words=RATE, reason=UNREACHABLE),
    Rule("server", SLOW_DOWN, code="4..", status=r"7\.(28|500|650|651|652)", reason=UNREACHABLE),
    Rule("server", SLOW_DOWN, status=r"7\.(28|705|708)", reason=UNREACHABLE),
    # The message is too large, for the system or for one mailbox.
    Rule("message", FAIL, code="5..", status=r"(3\.4|2\.3)"),
    Rule("message", FAIL, code="552", words=TOO_LARGE),
    # The sender.
    Rule("sender", STOP_SENDER, status=r"1\.[78]"),
    Rule("sender", STOP_SENDER, status=r"7\.(2[0-46-7]|30|60|50[1-9]|515)"),
    Rule("server", SERVER, status=r"7\.(3|8|9|25|29|54|57|511|60[6-9]|6[1-4]\d)", reason=UNREACHABLE),
    Rule("server", SERVER, code="53[0-9]", reason=UNREACHABLE),
    Rule("server", SERVER, code="5..", status=r"(7\.[01])?", words=BLOCKED_HOST, reason=UNREACHABLE),
    Rule("server", RETRY, code="4..", status=r"(7\.[01])?", words=BLOCKED_HOST, reason=UNREACHABLE),
    Rule("sender", STOP_SENDER, status=r"(1\.0|7\.[01])?", words=SENDER),
    Rule("server", SERVER, stages=(Stage.CONNECT,), reason=UNREACHABLE),
    Rule("sender", STOP_SENDER, code="5..", stages=MAIL, status=r"(?![346]\.).*"),
    # The recipient, as the status says.
    Rule(
        "recipient",
        QUARANTINE,
        code="5..",
        status=r"1\.(2|10)",
        words=r"host|domain|null mx|\bmx\b",
        reason=INVALID_DOMAIN,
        stages=TO,
    ),
    Rule("recipient", QUARANTINE, code="5..", status=r"1\.2", reason=INVALID_DOMAIN, stages=TO),
    Rule("recipient", FAIL, code="5..", status=r"1\.4", stages=TO),
    Rule("recipient", QUARANTINE, code="5..", status=r"1\.\d+", reason=UNKNOWN_USER, stages=TO),
    Rule("recipient", QUARANTINE, code="5..", status=r"2\.1", reason=DISABLED, stages=TO),
    Rule("recipient", FAIL, code="5..", status=r"2\.2", reason=INBOX_FULL, stages=TO),
    Rule("recipient", QUARANTINE, code="5..", status=r"2\.0", words=UNKNOWN, reason=UNKNOWN_USER, stages=TO),
    Rule("recipient", FAIL, code="5..", status=r"2\.\d+", stages=TO),
    Rule(
        "recipient",
        QUARANTINE,
        code="5..",
        status=r"4\.1",
        words=r"recipient address rejected",
        reason=UNKNOWN_USER,
        stages=TO,
    ),
    Rule(
        "recipient",
        QUARANTINE,
        code="5..",
        status=r"4\.4",
        words=r"invalid domain|not found|no such",
        reason=INVALID_DOMAIN,
        stages=TO,
    ),
    Rule("recipient", FAIL, code="5..", status=r"4\.\d+", reason=UNREACHABLE, stages=TO),
    Rule("recipient", RETRY, code="4..", status=r"2\.2", reason=INBOX_FULL, stages=TO),
    Rule("recipient", RETRY, code="4..", status=r"1\.\d+", reason=UNKNOWN_USER, stages=TO),
    Rule("recipient", RETRY, code="4..", status=r"2\.\d+", reason=DISABLED, stages=TO),
    # The message, and the rest of what a status says.
    Rule(
        "recipient",
        FAIL,
        code="5..",
        status=r"7\.(1|12[0-9]|13[0-9])",
        words=r"recipient|restricted|not authorized",
        stages=TO,
    ),
    Rule("message", FAIL, code="5..", status=r"[67]\.\d+"),
    Rule("message", FAIL, code="5..", status=r"5\.\d+"),
    Rule("server", RETRY, code="5..", status=r"3\.\d+", reason=UNREACHABLE),
    Rule("server", RETRY, code="4..", status=r"[3-7]\.\d+", reason=UNREACHABLE),
    # Without a status: the words, then the code and the stage.
    Rule("recipient", QUARANTINE, code="5..", words=UNKNOWN, stages=TO, reason=UNKNOWN_USER),
    Rule("recipient", QUARANTINE, code="5..", words=DISABLED_USER, stages=RCPT, reason=DISABLED),
    Rule("recipient", FAIL, code="5..", words=FULL, reason=INBOX_FULL, stages=TO),
    Rule("message", FAIL, code="5..", words=SPAM),
    Rule("recipient", FAIL, code="552", stages=RCPT, reason=INBOX_FULL),
    Rule("recipient", QUARANTINE, code="55[013]", stages=RCPT, reason=UNKNOWN_USER),
    Rule("message", FAIL, code="5.."),
    Rule("recipient", RETRY, code="452|4..", words=FULL, stages=RCPT, reason=INBOX_FULL),
    Rule("server", RETRY, code="4..", reason=UNREACHABLE),
    # No reply that SMTP knows.
    Rule("server", SERVER, reason=UNREACHABLE),
)

ENHANCED_STATUS = re.compile(r"^[245]\.(\d{1,3}\.\d{1,3})\b")
# What differs in every reply: the queue and session ids that servers add.
SESSION_ID = re.compile(r"\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{8,}\b")


def rule_for(stage: Stage, code: int, text: str) -> Rule:
    """Return the rule that a reply falls under."""
    enhanced = ENHANCED_STATUS.match(text)
    status, words = (enhanced[1], text[enhanced.end() :]) if enhanced else ("", text)
    return next(rule for rule in RULES if rule.fits(stage, code, status, words.strip()))


def outcome(event_id: int, address: str, rule: Rule, code: int, text: str) -> Outcome:
    """Return the outcome of a message that was refused, in words that hold no address."""
    message = f"{code} {anonymous(text, address)}"[:MAX_MESSAGE_LENGTH].strip()
    if rule.consequence in (QUARANTINE, FAIL):
        is_dead = rule.consequence is QUARANTINE
        return Outcome(event_id, "Delivery failed", "hard", rule.reason, message, quarantine=is_dead)
    return Outcome(event_id, "Pending delivery", "soft", rule.reason, message)


def anonymous(text: str, address: str) -> str:
    """Return the reply as one line, without the recipient and the session, so that replies stay few."""
    domain = address.rpartition("@")[2]
    line = one_line(text)
    for personal, name in ((address, "address"), (domain, "domain")):
        line = re.sub(rf"(?<![\w.]){re.escape(personal)}(?![\w])", f"<{name}>", line, flags=re.IGNORECASE)
    return SESSION_ID.sub("<id>", line.replace("<<", "<").replace(">>", ">"))
