"""A mail client, and what the server says to it."""

import base64
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

# Who may log in.
USER, PASSWORD = "someone", "secret"
_SECONDS = 20
_MESSAGE = b"From: someone\r\nSubject: a test\r\n\r\nbody\r\n.\r\n"


@dataclass(frozen=True, slots=True)
class Client:
    """Who sends. ``pointer``: the name that the address has in DNS. ``helo``: by default the same.

    ``records``: what else is in DNS about the client, as in ``("mail.example.com", "A 192.0.2.1")``; by default the
    pointer's address, which is the client's. ``proxies``: whom it says to speak for, behind XCLIENT. ``greets``:
    whether it sends EHLO at all.
    """

    address: str
    pointer: str | None = None
    records: tuple[tuple[str, str], ...] | None = None
    helo: str | None = None
    sender: str = "bob@innocent.example"
    recipients: tuple[str, ...] = ("nobody@dest.example",)
    proxies: str | None = None
    greets: bool = True

    @property
    def all_records(self) -> tuple[tuple[str, str], ...]:
        """Everything that DNS knows about the client."""
        if self.pointer is None:
            return self.records or ()
        forward = ((self.pointer, f"A {self.address}"),) if self.records is None else self.records
        reverse = ".".join(reversed(self.address.split(".")))
        return (*forward, (f"{reverse}.in-addr.arpa", f"PTR {self.pointer}."))

    @property
    def greeting(self) -> str:
        """What it says behind EHLO."""
        return self.helo if self.helo is not None else self.pointer or f"[{self.address}]"


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply of the server; the lines of a long one are joined by line feeds."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Session:
    """The reply at each stage; None where the session did not come that far. ``log``: what the server logged.

    ``deliveries``: what became of a message in the queue, as ``("local", "sent")`` for each recipient.
    """

    banner: Reply | None = None
    helo: Reply | None = None
    mail: Reply | None = None
    recipients: tuple[Reply, ...] = ()
    data: Reply | None = None
    log: tuple[str, ...] = ()
    deliveries: tuple[tuple[str, str], ...] = ()

    @property
    def decision(self) -> Reply:
        """The first refusal on the way of the first recipient, else the reply to the message; 0 when there is none."""
        stages = (self.banner, self.helo, self.mail, *self.recipients[:1], self.data)
        reached = [reply for reply in stages if reply is not None]
        refusal = next((reply for reply in reached if reply.code >= 400), None)
        return refusal or self.data or Reply(0, "the server closed the connection")

    @property
    def code(self) -> int:
        """The decision's code: 250 when the message is in the queue, 0 when the server said nothing."""
        return self.decision.code

    @property
    def is_delivered(self) -> bool:
        """Whether the message is in the mailbox."""
        return self.code == 250 and self.deliveries == (("local", "sent"),)


@dataclass(frozen=True, slots=True)
class Transaction:
    """One sender and recipients, of which smtpd judges each apart. ``helo``: what EHLO says before it; None: nothing is
    said, which only the first of a visit can do. ``sends``: a message follows where a recipient is accepted.
    """

    helo: str | None
    sender: str
    recipients: tuple[str, ...]
    sends: bool = False


@dataclass(frozen=True, slots=True)
class Visit:
    """A client that says a lot in one session. ``records``: what is in DNS about it, listings included."""

    address: str
    records: tuple[tuple[str, str], ...]
    transactions: tuple[Transaction, ...]
    login: bool = False


NO_REPLY = Reply(0, "the server closed the connection")
UNSAID = Reply(-1, "the server was gone before it was asked")


def visit(connection: socket.socket, said: Visit) -> tuple[tuple[Reply, ...], ...]:
    """For each recipient of each transaction the first refusal, else the last reply; NO_REPLY where the server went,
    and UNSAID behind that.

    A refused greeting or sender is the reply to each recipient behind it.
    """
    connection.settimeout(_SECONDS)
    with connection, connection.makefile("rb") as lines:
        is_gone = False

        def ask(text: bytes) -> Reply:
            nonlocal is_gone
            reply = UNSAID if is_gone else _reply(connection, lines, text)
            is_gone = is_gone or reply == NO_REPLY
            return reply

        answers = tuple(_visit(ask, said))
        ask(_line("QUIT"))
        return answers


def _reply(connection: socket.socket, lines: BinaryIO, text: bytes) -> Reply:
    try:
        connection.sendall(text)
        return _read(lines.readline) or NO_REPLY
    except (ConnectionResetError, BrokenPipeError):
        return NO_REPLY


def _visit(ask: Callable[[bytes], Reply], said: Visit) -> Iterator[tuple[Reply, ...]]:
    banner = ask(b"")
    greeted, greeting, token = None, banner, base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()
    is_known = not said.login
    for item in said.transactions:
        if banner.code != 220:
            yield (banner,) * len(item.recipients)
            continue
        if item.helo is not None and item.helo != greeted:
            greeting = ask(_line(f"EHLO {item.helo}"))
            greeted = item.helo
        if item.helo is not None and greeting.code == 250 and not is_known:
            login = ask(_line(f"AUTH PLAIN {token}"))
            assert login.code in (235, NO_REPLY.code, UNSAID.code), login
            is_known = True
        if item.helo is not None and greeting.code != 250:
            yield (greeting,) * len(item.recipients)
            continue
        mail = ask(_line(f"MAIL FROM:<{item.sender}>"))
        replies = (mail,) * len(item.recipients)
        if mail.code == 250:
            replies = tuple(ask(_line(f"RCPT TO:<{recipient}>")) for recipient in item.recipients)
            if item.sends and any(reply.code == 250 for reply in replies):
                end = ask(_line("DATA"))
                end = ask(_MESSAGE) if end.code == 354 else end
                replies = tuple(end if reply.code == 250 else reply for reply in replies)
            ask(_line("RSET"))
        yield replies


def converse(connection: socket.socket, client: Client) -> Session:
    """Send one message, and give up where the server refuses the way to the recipients."""
    connection.settimeout(_SECONDS)
    with connection, connection.makefile("rb") as lines:

        def ask(text: bytes) -> Reply | None:
            try:
                connection.sendall(text)
                return _read(lines.readline)
            except (ConnectionResetError, BrokenPipeError):
                return None

        banner = ask(b"")
        if banner is None or banner.code >= 400:
            return Session(banner)
        helo = ask(_line(f"EHLO {client.greeting}")) if client.greets else None
        if client.greets and (helo is None or helo.code >= 400):
            return Session(banner, helo)
        if client.proxies is not None:
            ask(_line(f"XCLIENT {client.proxies}"))
            helo = ask(_line(f"EHLO {client.greeting}"))
            if helo is None or helo.code >= 400:
                return Session(banner, helo)
        mail = ask(_line(f"MAIL FROM:<{client.sender}>"))
        if mail is None or mail.code >= 400:
            return Session(banner, helo, mail)
        answers = [ask(_line(f"RCPT TO:<{recipient}>")) for recipient in client.recipients]
        recipients = tuple(answer for answer in answers if answer is not None)
        data = None
        if any(answer.code < 400 for answer in recipients):
            data = ask(_line("DATA"))
            if data is not None and data.code < 400:
                data = ask(_MESSAGE)
        ask(_line("QUIT"))
        return Session(banner, helo, mail, recipients, data)


def _line(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape") + b"\r\n"


def _read(readline: Callable[[], bytes]) -> Reply | None:
    texts = []
    while True:
        line = readline().decode("utf-8", "surrogateescape").rstrip("\r\n")
        if not line:
            return None
        texts.append(line[4:])
        if line[3:4] != "-":
            return Reply(int(line[:3]), "\n".join(texts))
