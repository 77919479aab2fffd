"""Mails as the demo reads them: parsed by the standard library, decoded, HTML turned into words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from html.parser import HTMLParser
from importlib.resources import files

QUOTE = re.compile(r"^(>|On .{5,80} wrote:$)")
"""A line that repeats an earlier mail."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail.

    Attributes:
        name: its file's name without the ending.
        id: the Message-ID without its brackets.
        sender: the sender's name, or address where there is none.
        subject: decoded.
        text: the plain words, without what earlier mails said.
        attachments: file names.
        bulk: whether its headers say that it was sent to many.
    """

    name: str
    id: str
    sender: str
    subject: str
    text: str
    attachments: tuple[str, ...]
    bulk: bool

    @property
    def prompt(self) -> str:
        """The mail as a model is told it."""
        attached = f"\nAttachments: {', '.join(self.attachments)}" if self.attachments else ""
        bulk = "\nSent to a list: yes" if self.bulk else ""
        return f"Mail {self.id}\nFrom: {self.sender}\nSubject: {self.subject}{attached}{bulk}\n\n{self.text}"


def parse(name: str, data: bytes) -> Mail:
    """The mail in `data`; broken headers and charsets are read as far as they go."""
    message = message_from_bytes(data, _class=EmailMessage, policy=policy.default)
    body = message.get_body(("plain", "html"))
    text = "" if body is None else _content(body)
    if body is not None and body.get_content_subtype() == "html":
        text = _words(text)
    addresses = message["from"].addresses if message["from"] is not None else ()
    sender = (addresses[0].display_name or addresses[0].addr_spec) if addresses else "unknown"
    return Mail(
        name=name,
        id=str(message["message-id"] or name).strip("<> "),
        sender=sender,
        subject=str(message["subject"] or ""),
        text=_own(text),
        attachments=tuple(part.get_filename() or "unnamed" for part in message.iter_attachments()),
        bulk="list-id" in message or str(message["precedence"]).lower() == "bulk",
    )


def inbox() -> list[Mail]:
    """The demo's mails, in the order of their names."""
    folder = files("atomic_ai.demo") / "inbox"
    entries = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".eml")), key=lambda e: e.name)
    return [parse(entry.name.removesuffix(".eml"), entry.read_bytes()) for entry in entries]


def _content(body: MIMEPart) -> str:
    try:
        return str(body.get_content())
    except LookupError:  # a charset that nobody knows
        payload = body.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _own(text: str) -> str:
    lines = (line.rstrip() for line in text.splitlines() if not QUOTE.match(line))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Words(HTMLParser):
    """Collects the words between the tags; blocks become lines."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in ("style", "script")
        if tag in ("p", "br", "h1", "h2", "li", "tr", "div"):
            self.told.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "script")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.told.append(re.sub(r"\s+", " ", data))


def _words(html: str) -> str:
    words = _Words()
    words.feed(html)
    words.close()
    return "\n".join(line.strip() for line in "".join(words.told).splitlines())
