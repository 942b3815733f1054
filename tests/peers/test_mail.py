"""Postfix at both ends of the text gateway's legs, swaks and ``smtplib`` before it: mail as real servers pass it on."""

from __future__ import annotations

import email
import shutil
import smtplib
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from tests.peers.documents import MACRO_DOCUMENT, MACRO_WORKBOOK, certificate, digest, locked_zip, prose
from tests.peers.estate import IN, LG, LG_HOST, SAN, TEXT_IN, TEXT_LG, Estate, missing
from zoneguard.model.policy import Verdict

REASON = missing("postfix", "swaks", "openssl", "zip")
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON)

COMMON = """\
compatibility_level = 3.6
config_directory = {home}
queue_directory = {home}/queue
data_directory = {home}/data
myhostname = {box}.peer.example
mydestination =
local_transport = error:none
alias_maps =
inet_protocols = ipv4
mynetworks = 10.30.0.0/16
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtputf8_enable = yes
disable_dns_lookups = yes
smtpd_peername_lookup = no
maillog_file = /dev/stdout
"""
GATEWAY = f"""\
inet_interfaces = {TEXT_IN}, 127.0.0.1
smtp_bind_address = {TEXT_LG}
relayhost = [{LG_HOST}]:25
"""
MAILBOXES = f"""\
inet_interfaces = {LG_HOST}, 127.0.0.1
virtual_mailbox_domains = lg.example
virtual_mailbox_base = {{home}}/mail
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_minimum_uid = 100
header_checks = regexp:{{home}}/checks
"""
SERVICES = """\
smtp      inet  n - n - - smtpd
2525      inet  n - n - - smtpd
postlog   unix-dgram n - n - 1 postlogd
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
smtp      unix  - - n - - smtp
relay     unix  - - n - - smtp
error     unix  - - n - - error
retry     unix  - - n - - error
virtual   unix  - n n - - virtual
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
"""
SENDER, RECEIVER = "kenshi@in.example", "zeimu@lg.example"


def postfix(peers: Estate, box: str, settings: str) -> Path:
    """Postfix in the box, perhaps not yet ready; its folder."""
    home = peers.home / f"postfix-{box}"
    for name in ("queue", "data", "mail/all"):
        (home / name).mkdir(parents=True)
    (home / "main.cf").write_text((COMMON + settings).format(home=home, box=box))
    (home / "master.cf").write_text(SERVICES)
    (home / "checks").write_text("/^Subject: unwanted/ REJECT not here\n")
    shutil.chown(home / "data", "postfix")
    shutil.chown(home / "mail/all", 65534, 65534)
    peers.start(box, "postfix", "-c", home, "start-fg", ready=lambda: True)
    return home


def mailboxes(peers: Estate, settings: str = "") -> Path:
    """The mail server of the LGWAN zone; the folder into which it delivers."""
    home = postfix(peers, LG, MAILBOXES + settings)
    peers.wait(peers.listens(LG, 25))
    return home / "mail/all/new"


def chain(peers: Estate, gateway: str = "", behind: str = "") -> Path:
    """A gateway that lets all mail pass, and the mail server of the LGWAN zone; the folder into which that delivers."""
    postfix(peers, SAN, GATEWAY + gateway)
    folder = mailboxes(peers, behind)
    peers.wait(peers.listens(SAN, 25))
    return folder


def delivered(peers: Estate, folder: Path, count: int) -> list[EmailMessage]:
    """So many mails, once they are delivered, by subject."""
    peers.wait(lambda: folder.is_dir() and len([*folder.iterdir()]) == count)
    read = (email.message_from_bytes(path.read_bytes(), policy=SMTP) for path in folder.iterdir())
    return sorted(read, key=lambda mail: str(mail["Subject"]))


def letter(subject: str, body: str = "添付をご確認ください。\n.\n..\nFrom here\n") -> EmailMessage:
    """A mail of text, with lines that begin with dots."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = SENDER, RECEIVER, subject
    message.set_content(body)
    return message


def attach(message: EmailMessage, data: bytes, name: str, kind: str = "application/octet-stream") -> None:
    """Add an attachment."""
    main, sub = kind.split("/")
    message.add_attachment(data, maintype=main, subtype=sub, filename=name)


def test_a_macro_that_the_gateway_lets_pass(peers: Estate) -> None:
    folder = chain(peers)
    message = letter("macro")
    name, large = "補助金の集計表について(令和8年度).docm", prose(6000).encode()
    attach(message, MACRO_DOCUMENT, name, "application/vnd.ms-word.document.macroEnabled.12")
    attach(message, large, "large.csv")
    written = message.as_bytes()
    with peers.captured(IN, LG):
        with peers.within(IN), smtplib.SMTP(TEXT_IN, 25, timeout=20) as client:
            client.sendmail(SENDER, RECEIVER, written)
            client.send_message(letter("text"))
        got, _ = delivered(peers, folder, 2)
    assert [part.get_content() for part in got.iter_attachments()] == [MACRO_DOCUMENT, large]
    judged = peers.judged()
    for receiver in (f"{TEXT_IN}:25", f"{LG_HOST}:25"):
        sent = {t["name"]: (t["sha256"], t["hazards"]) for t in judged.of(kind="attachment", receiver=receiver)}
        assert sent == {name: (digest(MACRO_DOCUMENT), ["vba-macro"]), "large.csv": (digest(large), [])}
        assert len(judged.of(kind="message", receiver=receiver, certainty="inspected")) == 2
    first, _ = judged.of(kind="message", receiver=f"{TEXT_IN}:25")
    assert first["sha256"] == digest(written)
    (finding,) = judged.found("ZG201")
    assert finding.verdict is Verdict.VIOLATES
    assert {frame.file for frame in finding.evidence} == {"lg.pcap"}
    assert judged.clause("25(1)").verdict is Verdict.VIOLATES


def test_text_alone_conforms(peers: Estate) -> None:
    folder = chain(peers)
    swaks = ("swaks", "--server", TEXT_IN, "--from", SENDER, "--to", RECEIVER, "--helo", "in.example")
    with peers.captured(IN, LG):
        peers.run(IN, *swaks, "--header", "Subject: a", "--body", "text alone")
        peers.run(IN, *swaks, "--header", "Subject: b", "--body", ".\n..\ntext", "--pipeline")
        delivered(peers, folder, 2)
    judged = peers.judged()
    assert {t["media_type"] for t in judged.of(kind="body")} == {"text/plain"}
    assert len(judged.of(kind="message", certainty="inspected")) == 4
    assert not judged.found("ZG201")
    assert judged.clause("25(1)").verdict is Verdict.CONFORMS


def test_behind_starttls_nothing_is_known(peers: Estate) -> None:
    certified, key = certificate(peers.home)
    names = f"smtpd_tls_security_level = may\nsmtpd_tls_cert_file = {certified}\nsmtpd_tls_key_file = {key}\n"
    folder = chain(peers, "smtp_tls_security_level = encrypt\n", names)
    message = letter("macro")
    attach(message, MACRO_DOCUMENT, "hojokin.docm")
    with peers.captured(LG):
        with peers.within(IN), smtplib.SMTP(TEXT_IN, 25, timeout=20) as client:
            client.send_message(message)
        delivered(peers, folder, 1)
    judged = peers.judged()
    (session,) = judged.transfers
    assert (session["protocol"], session["kind"], session["certainty"]) == ("smtp", "session", "opaque")
    assert judged.verdicts("ZG201") == {Verdict.UNDETERMINED}
    assert judged.clause("25(1)").verdict is Verdict.UNDETERMINED


def test_kinds_of_mail(peers: Estate) -> None:
    folder = mailboxes(peers)
    html, nested, locked = letter("html"), letter("nested"), letter("locked")
    html.add_alternative("<p>見積</p><script>alert(1)</script>", subtype="html")
    inner = letter("inner")
    attach(inner, MACRO_WORKBOOK, "集計.xlsm")
    nested.add_attachment(inner)
    archive = locked_zip(peers.home)
    attach(locked, archive, "locked.zip", "application/zip")
    with peers.captured(LG):
        with peers.within(SAN), smtplib.SMTP(LG_HOST, 2525, timeout=20) as client:
            for message in (html, nested, locked):
                client.send_message(message)
        delivered(peers, folder, 3)
    judged = peers.judged()
    assert {t["receiver"] for t in judged.transfers} == {f"{LG_HOST}:2525"}
    assert {t["media_type"] for t in judged.of(kind="body")} == {"text/plain", "text/html"}
    (sheet,) = judged.of(name="集計.xlsm")
    assert (sheet["sha256"], sheet["hazards"]) == (digest(MACRO_WORKBOOK), ["vba-macro"])
    (sealed,) = judged.of(name="locked.zip")
    assert (sealed["sha256"], sealed["hazards"], sealed["certainty"]) == (digest(archive), ["encrypted"], "opaque")
    assert len(judged.found("ZG201")) == 3
    assert judged.verdicts("ZG201") == {Verdict.VIOLATES}


def test_declined_mails_and_chunks(peers: Estate) -> None:
    folder = mailboxes(peers)
    unwanted, chunked = letter("unwanted"), letter("chunked")
    attach(unwanted, MACRO_DOCUMENT, "unwanted.docm")
    attach(chunked, MACRO_DOCUMENT, "chunked.docm")
    with peers.captured(LG):
        with peers.within(SAN), smtplib.SMTP(LG_HOST, 25, timeout=20) as client:
            with pytest.raises(smtplib.SMTPDataError):
                client.send_message(unwanted)
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                client.sendmail(SENDER, "nobody@elsewhere.example", unwanted.as_bytes())
        with peers.within(SAN), smtplib.SMTP(LG_HOST, 25, timeout=20) as client:
            client.ehlo()
            client.mail(SENDER)
            client.rcpt(RECEIVER)
            data = chunked.as_bytes()
            for end, chunk in (("", data[:3000]), (" LAST", data[3000:])):
                client.send(f"BDAT {len(chunk)}{end}\r\n".encode() + chunk)
                assert client.getreply()[0] == 250
        delivered(peers, folder, 1)
    judged = peers.judged()
    assert {t["name"]: t["sha256"] for t in judged.of(kind="attachment")} == {
        "unwanted.docm": digest(MACRO_DOCUMENT),
        "chunked.docm": digest(MACRO_DOCUMENT),
    }
    (finding,) = judged.found("ZG201")
    assert finding.verdict is Verdict.VIOLATES
    assert "chunked.docm" in str(finding.message)
