"""Dovecot outside, from which a host of the LGWAN zone fetches mail, with curl, ``poplib`` and ``imaplib``."""

from __future__ import annotations

import imaplib
import poplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from tests.peers.documents import MACRO_DOCUMENT, certificate, digest, prose
from tests.peers.estate import IN, IN_HOST, LG, Estate, missing
from zoneguard.model.policy import Verdict

REASON = missing("dovecot", "curl", "openssl")
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON)

DOVECOT = """\
base_dir = /run/dovecot
state_dir = {home}/state
protocols = imap pop3
listen = *
log_path = /dev/stderr
ssl = yes
ssl_cert = <{certified}
ssl_key = <{key}
disable_plaintext_auth = no
mail_location = maildir:{home}/box
first_valid_uid = 1
default_internal_user = dovecot
default_login_user = dovenull
passdb {{
  driver = static
  args = password=himitsu
}}
userdb {{
  driver = static
  args = uid=games gid=games home={home}/box
}}
"""
CURL = ("curl", "-sS", "--fail", "--max-time", "20", "--user", "kensuke:himitsu")


def letter(subject: str, attached: bytes = b"") -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = "kenshi@in.example", "zeimu@lg.example", subject
    message.set_content("添付をご確認ください。\n.\n..\nFrom here\n" + prose(2000))
    if attached:
        message.add_attachment(attached, maintype="application", subtype="octet-stream", filename="補助金.docm")
    return message.as_bytes()


def dovecot(peers: Estate, mails: list[bytes]) -> None:
    """Dovecot in the Internet zone with these mails in its mailbox."""
    for name in ("cur", "new", "tmp"):
        (peers.home / "box" / name).mkdir(parents=True)
    for number, mail in enumerate(mails):
        (peers.home / "box/cur" / f"{number}.a:2,S").write_bytes(mail)
    certified, key = certificate(peers.home)
    config = peers.home / "dovecot.conf"
    config.write_text(DOVECOT.format(home=peers.home, certified=certified, key=key))
    peers.run(IN, "chown", "-R", "games", peers.home / "box")
    peers.start(IN, "dovecot", "-F", "-c", config, ready=peers.listens(IN, 143))
    peers.wait(peers.listens(IN, 110))


def test_mails_that_are_fetched(peers: Estate) -> None:
    mails = [letter("text"), letter("macro", MACRO_DOCUMENT)]
    dovecot(peers, mails)
    with peers.captured(LG):
        for number in (1, 2):
            peers.run(LG, *CURL, f"pop3://{IN_HOST}/{number}")
            peers.run(LG, *CURL, f"imap://{IN_HOST}/INBOX;MAILINDEX={number}")
    judged = peers.judged()
    for protocol in ("pop3", "imap"):
        found = judged.of(protocol=protocol, kind="message")
        assert sorted(t["sha256"] for t in found) == sorted(map(digest, mails))
        (attached,) = judged.of(protocol=protocol, kind="attachment")
        assert (attached["sha256"], attached["name"]) == (digest(MACRO_DOCUMENT), "補助金.docm")
        assert attached["hazards"] == ["vba-macro"]
    assert all(t["certainty"] == "inspected" for t in judged.transfers)
    assert judged.verdicts("ZG201") == {Verdict.VIOLATES}
    assert judged.clause("25(1)").verdict is Verdict.VIOLATES


def test_sessions_as_programs_have_them(peers: Estate) -> None:
    mails = [letter("a"), letter("b" * 70)]
    dovecot(peers, mails)
    with peers.captured(LG), peers.within(LG):
        box = poplib.POP3(IN_HOST, timeout=20)
        box.capa()
        box.user("kensuke")
        box.pass_("himitsu")
        box.stat(), box.list(), box.uidl()
        for number in (1, 2):
            box.retr(number)
        box.quit()
        with imaplib.IMAP4(IN_HOST, timeout=20) as folder:
            folder.login("kensuke", "himitsu")
            folder.select("INBOX")
            folder.search(None, "ALL")
            folder.fetch("1:2", "(FLAGS UID RFC822.SIZE BODY.PEEK[HEADER])")
            folder.fetch("1:2", "(UID RFC822)")
            half = len(mails[0]) // 2
            folder.fetch("1", f"(RFC822.SIZE BODY.PEEK[]<0.{half}>)")
            folder.fetch("1", f"(BODY.PEEK[]<{half}.{half + 100}>)")
            folder.append("INBOX", "", "", letter("c"))
    judged = peers.judged()
    assert sorted(t["sha256"] for t in judged.of(protocol="pop3", kind="message")) == sorted(map(digest, mails))
    read = [t["sha256"] for t in judged.of(protocol="imap", kind="message")]
    assert sorted(read) == sorted(map(digest, (*mails, mails[0], letter("c"))))
    assert {t["certainty"] for t in judged.transfers} == {"inspected"}
    assert not judged.found("ZG201")


def test_what_goes_behind_tls_is_not_read(peers: Estate) -> None:
    dovecot(peers, [letter("macro", MACRO_DOCUMENT)])
    with peers.captured(LG), peers.within(LG):
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        box = poplib.POP3(IN_HOST, timeout=20)
        box.stls(trusting)
        box.user("kensuke")
        box.pass_("himitsu")
        box.retr(1)
        box.quit()
        with imaplib.IMAP4(IN_HOST, timeout=20) as folder:
            folder.starttls(trusting)
            folder.login("kensuke", "himitsu")
            folder.select("INBOX")
            folder.fetch("1", "(RFC822)")
    judged = peers.judged()
    assert {(t["protocol"], t["kind"], t["certainty"]) for t in judged.transfers} == {
        ("pop3", "session", "opaque"),
        ("imap", "session", "opaque"),
    }
    assert judged.clause("25(1)").verdict is not Verdict.CONFORMS
