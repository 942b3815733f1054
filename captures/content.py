"""What the sessions carry: mails, web, TLS up to where it becomes opaque, DNS, NTP, and the first words of SMB."""

from __future__ import annotations

import base64
import random
import struct

from captures import docm
from captures.wire import Script
from scapy.layers.smb2 import (
    SMB2_FILEID,
    SMB2_Close_Request,
    SMB2_Close_Response,
    SMB2_Create_Request,
    SMB2_Create_Response,
    SMB2_Header,
    SMB2_Tree_Connect_Request,
    SMB2_Tree_Connect_Response,
    SMB2_Write_Request,
    SMB2_Write_Response,
)
from scapy.packet import Packet

PREFECTURE, CITY = b"kenshi@pref.example", b"zeimu@alpha-city.example"
BOUNDARY = b"----=_Part_20261015_0001"
ATTACHMENT_NAME = "hojokin.docm"


def _headers(number: bytes, subject: str, sender: bytes, recipient: bytes) -> bytes:
    encoded = base64.b64encode(subject.encode("iso2022_jp"))
    return (
        b"Date: Thu, 15 Oct 2026 09:58:12 +0900\r\nFrom: " + sender + b"\r\nTo: " + recipient + b"\r\n"
        b"Message-ID: <20261015095812." + number + b"@alpha-city.example>\r\nMIME-Version: 1.0\r\n"
        b"Subject: =?ISO-2022-JP?B?" + encoded + b"?=\r\n"
    )


def text_mail(number: bytes, subject: str, body: str) -> bytes:
    """A mail of text/plain alone, as Japanese mailers write it."""
    return b"".join(
        (
            _headers(number, subject, PREFECTURE, CITY),
            b"Content-Type: text/plain; charset=ISO-2022-JP\r\nContent-Transfer-Encoding: 7bit\r\n\r\n",
            body.replace("\n", "\r\n").encode("iso2022_jp"),
        )
    )


def mixed_mail(head: bytes, body: str, name: str, media_type: bytes, data: bytes) -> bytes:
    """A multipart/mixed mail with one attachment; ``head`` is its headers up to the content type."""
    encoded = base64.b64encode(data)
    lines = b"\r\n".join(encoded[i : i + 76] for i in range(0, len(encoded), 76))
    return b"".join(
        (
            head,
            b'Content-Type: multipart/mixed; boundary="' + BOUNDARY + b'"\r\n\r\n',
            b"This is a multi-part message in MIME format.\r\n",
            b"--" + BOUNDARY + b"\r\nContent-Type: text/plain; charset=ISO-2022-JP\r\n\r\n",
            body.replace("\n", "\r\n").encode("iso2022_jp"),
            b"\r\n--" + BOUNDARY + b"\r\nContent-Type: " + media_type + b'; name="' + name.encode() + b'"\r\n',
            b'Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename="' + name.encode(),
            b'"\r\n\r\n' + lines + b"\r\n--" + BOUNDARY + b"--\r\n",
        )
    )


def macro_mail() -> bytes:
    """The mail whose attachment has a macro."""
    body = "補助金の集計表をお送りします。\n添付をご確認ください。\n"
    kind = b"application/vnd.ms-word.document.macroEnabled.12"
    head = _headers(b"0001", "補助金の集計表について", PREFECTURE, CITY)
    return mixed_mail(head, body, ATTACHMENT_NAME, kind, docm.document())


def report_mail() -> bytes:
    """The mail by which the city reports to the prefecture over LGWAN, with a table."""
    head = _headers(b"0107", "月次報告", CITY, PREFECTURE)
    return mixed_mail(head, "月次報告を送ります。\n", "geppou.csv", b"text/csv", b"code,count\r\n01,12\r\n02,7\r\n")


def smtp(message: bytes, client: bytes, server: bytes, sender: bytes = PREFECTURE, recipient: bytes = CITY) -> Script:
    """A whole SMTP dialogue that delivers ``message``."""
    return [
        ("<", b"220 " + server + b" ESMTP\r\n"),
        (">", b"EHLO " + client + b"\r\n"),
        ("<", b"250-" + server + b"\r\n250-SIZE 10485760\r\n250 8BITMIME\r\n"),
        (">", b"MAIL FROM:<" + sender + b"> SIZE=%d\r\n" % len(message)),
        ("<", b"250 2.1.0 Ok\r\n"),
        (">", b"RCPT TO:<" + recipient + b">\r\n"),
        ("<", b"250 2.1.5 Ok\r\n"),
        (">", b"DATA\r\n"),
        ("<", b"354 End data with <CR><LF>.<CR><LF>\r\n"),
        (">", message + b"\r\n.\r\n"),
        ("<", b"250 2.0.0 Ok: queued as 4Xk1ZGUARD\r\n"),
        (">", b"QUIT\r\n"),
        ("<", b"221 2.0.0 Bye\r\n"),
    ]


def http(host: bytes, path: bytes, body: bytes, kind: bytes = b"text/html; charset=utf-8") -> Script:
    """One HTTP/1.1 request for a page or a file and the answer."""
    request = b"GET " + path + b" HTTP/1.1\r\nHost: " + host + b"\r\nUser-Agent: Mozilla/5.0\r\nAccept: */*\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: " + kind + b"\r\nContent-Length: %d\r\n\r\n"
    return [(">", request), ("<", head % len(body) + body)]


def _record(kind: int, version: int, body: bytes) -> bytes:
    return struct.pack("!BHH", kind, version, len(body)) + body


def _extension(kind: int, body: bytes) -> bytes:
    return struct.pack("!HH", kind, len(body)) + body


def _hello(kind: int, body: bytes) -> bytes:
    return struct.pack("!I", kind << 24 | len(body)) + body


def tls(name: str, up: int, down: int) -> Script:
    """A TLS 1.3 session for the server ``name`` (``""``: not named): readable hellos, then bytes of ciphertext."""
    numbers = random.Random(f"tls {name} {up} {down}")
    session = numbers.randbytes(32)
    host = name.encode()
    named = _extension(0, struct.pack("!HBH", len(host) + 3, 0, len(host)) + host) if host else b""
    extensions = b"".join(
        (
            named,
            _extension(10, bytes.fromhex("0004001d0017")),
            _extension(13, bytes.fromhex("0006040308040401")),
            _extension(16, b"\x00\x0c\x02h2\x08http/1.1"),
            _extension(43, bytes.fromhex("0403040303")),
            _extension(51, bytes.fromhex("0024001d0020") + numbers.randbytes(32)),
        )
    )
    client = b"\x03\x03" + numbers.randbytes(32) + b"\x20" + session + bytes.fromhex("00061301130213030100")
    client += struct.pack("!H", len(extensions)) + extensions
    answer = _extension(43, b"\x03\x04") + _extension(51, bytes.fromhex("001d0020") + numbers.randbytes(32))
    server = b"\x03\x03" + numbers.randbytes(32) + b"\x20" + session + b"\x13\x01\x00"
    server += struct.pack("!H", len(answer)) + answer
    change = _record(20, 0x0303, b"\x01")

    def opaque(size: int) -> bytes:
        return _record(23, 0x0303, numbers.randbytes(size))

    return [
        (">", _record(22, 0x0301, _hello(1, client))),
        ("<", _record(22, 0x0303, _hello(2, server)) + change + opaque(1180)),
        (">", change + opaque(53) + opaque(up)),
        ("<", opaque(down)),
    ]


def dtls(name: str) -> Script:
    """A DTLS 1.2 exchange: hello with and without cookie, then ciphertext both ways."""
    numbers = random.Random(f"dtls {name}")
    first = numbers.randbytes(32)
    cookie = numbers.randbytes(20)

    def record(kind: int, epoch: int, sequence: int, body: bytes) -> bytes:
        return struct.pack("!BHHHIH", kind, 0xFEFD, epoch, 0, sequence, len(body)) + body

    def handshake(kind: int, sequence: int, body: bytes) -> bytes:
        size = len(body).to_bytes(3, "big")
        return bytes([kind]) + size + struct.pack("!H", sequence) + bytes(3) + size + body

    def hello(sequence: int, proof: bytes) -> bytes:
        body = b"\xfe\xfd" + first + b"\x00" + bytes([len(proof)]) + proof + bytes.fromhex("0002c02b01000000")
        return record(22, 0, sequence, handshake(1, sequence, body))

    return [
        (">", hello(0, b"")),
        ("<", record(22, 0, 0, handshake(3, 0, b"\xfe\xff" + bytes([len(cookie)]) + cookie))),
        (">", hello(1, cookie)),
        ("<", record(22, 0, 1, handshake(2, 1, b"\xfe\xfd" + numbers.randbytes(32) + bytes.fromhex("00c02b00")))),
        (">", record(23, 1, 1, numbers.randbytes(160))),
        ("<", record(23, 1, 1, numbers.randbytes(900))),
        ("<", record(23, 1, 2, numbers.randbytes(900))),
    ]


def smb() -> Script:
    """SMB2 negotiation, as when a drive of a remote host is being attached."""
    numbers = random.Random("smb")

    def message(flags: int, body: bytes) -> bytes:
        head = b"\xfeSMB" + struct.pack("<HHIHHIIQIIQ", 64, 1, 0, 0, 1, flags, 0, 1, 0xFEFF, 0, 0) + bytes(16)
        return struct.pack("!I", len(head + body)) + head + body

    request = struct.pack("<HHHHI", 36, 2, 1, 0, 0x7F) + numbers.randbytes(16) + bytes(8)
    request += struct.pack("<HH", 0x0202, 0x0210)
    answer = struct.pack("<HHHH", 65, 1, 0x0210, 0) + numbers.randbytes(16)
    answer += struct.pack("<IIIIQQHHI", 0x7, 1 << 20, 1 << 20, 1 << 20, 0x01DD3C5E00000000, 0, 128, 0, 0)
    return [(">", message(0, request)), ("<", message(1, answer))]


def smb_file(path: str, name: str, data: bytes) -> Script:
    """A file that is written into a share: tree, opening, one write, closing."""
    file = SMB2_FILEID(Persistent=7, Volatile=9)
    when = dict.fromkeys(("CreationTime", "LastAccessTime", "LastWriteTime", "ChangeTime"), 0x01DD3C5E00000000)

    def message(number: int, body: Packet, answer: bool = False) -> bytes:
        command = bytes(SMB2_Header(MID=number, TID=1, Flags=int(answer)) / body)
        return struct.pack(">I", len(command)) + command

    turns = (
        (SMB2_Tree_Connect_Request(Path=path), SMB2_Tree_Connect_Response(ShareType=1)),
        (SMB2_Create_Request(Name=name), SMB2_Create_Response(FileId=file, CreateAction=2, **when)),
        (SMB2_Write_Request(Data=data, Offset=0, FileId=file), SMB2_Write_Response()),
        (SMB2_Close_Request(FileId=file), SMB2_Close_Response(**when)),
    )
    script: Script = []
    for number, (asked, answered) in enumerate(turns, 2):
        script += [(">", message(number, asked)), ("<", message(number, answered, answer=True))]
    return smb() + script


def rdp(cookie: bytes) -> Script:
    """RDP up to where TLS makes it opaque: MS-RDPBCGR 2.2.1.1 and 2.2.1.2, then ciphertext."""
    wanted = b"Cookie: mstshash=" + cookie + b"\r\n" + struct.pack("<BBHI", 1, 0, 8, 3)
    request = struct.pack("!BBH", 3, 0, 11 + len(wanted)) + bytes([6 + len(wanted), 0xE0]) + bytes(5) + wanted
    agreed = struct.pack("<BBHI", 2, 31, 8, 2)
    confirm = struct.pack("!BBH", 3, 0, 19) + bytes([14, 0xD0]) + b"\x00\x00\x12\x34\x00" + agreed
    return [(">", request), ("<", confirm), *tls("", 900, 5200)]


def stun(number: int) -> Script:
    """A STUN binding request and its answer, RFC 8489."""
    transaction = random.Random(f"stun {number}").randbytes(12)
    mapped = struct.pack("!HHBBHI", 0x0020, 8, 0, 1, 0x2112 ^ 40000, 0x2112A442 ^ 0xC6336402)
    head = struct.pack("!HHI", 0x0001, 0, 0x2112A442) + transaction
    return [(">", head), ("<", struct.pack("!HHI", 0x0101, len(mapped), 0x2112A442) + transaction + mapped)]


def quic(number: int) -> Script:
    """The first datagrams of a QUIC connection, RFC 9000 17.2: long headers, the rest ciphertext."""
    numbers = random.Random(f"quic {number}")

    def initial(sender: bytes, receiver: bytes) -> bytes:
        ids = bytes([len(receiver)]) + receiver + bytes([len(sender)]) + sender
        head = b"\xc3\x00\x00\x00\x01" + ids + b"\x00" + struct.pack("!H", 0x4000 | 1170)
        return head + numbers.randbytes(1170)

    here, there = numbers.randbytes(8), numbers.randbytes(8)
    return [(">", initial(b"", here)), ("<", initial(there, b"")), (">", b"\x43" + there + numbers.randbytes(60))]


def locked_zip(name: str) -> bytes:
    """A ZIP archive whose only member is encrypted by its traditional method (APPNOTE 6.1); nobody can open it."""
    data = random.Random(f"zip {name}").randbytes(12 + 640)
    common = struct.pack("<HHHHHIIIHH", 20, 1, 0, 0x4D2F, 0x5D4F, 0x1A2B3C4D, len(data), 640, len(name), 0)
    local = b"PK\x03\x04" + common + name.encode() + data
    central = b"PK\x01\x02" + struct.pack("<H", 20) + common + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name.encode()
    return local + central + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)


def redirection() -> Script:
    """The binary side channel of a display protocol that redirects drives (its content has no public description)."""
    numbers = random.Random("redirection")
    return [(">", numbers.randbytes(220)), ("<", numbers.randbytes(180)), (">", numbers.randbytes(2600))]


def ntp() -> Script:
    """A client's question and a server's answer, RFC 5905."""
    seconds = 0xEE7A1000
    question = struct.pack("!BBbb11I", 0x23, 0, 6, -20, *[0] * 9, seconds, 0)
    answer = struct.pack(
        "!BBbbII4sIIIIIIII", 0x24, 1, 6, -20, 0, 0, b"GPS\x00", seconds, 0, seconds, 0, seconds, 1, seconds, 2
    )
    return [(">", question), ("<", answer)]


def dns(name: str, address: str) -> Script:
    """A question for an A record and its answer."""
    identifier = random.Random(f"dns {name}").randbytes(2)
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\x00"
    question = labels + b"\x00\x01\x00\x01"
    record = b"\xc0\x0c\x00\x01\x00\x01" + struct.pack("!IH", 300, 4) + bytes(map(int, address.split(".")))
    return [
        (">", identifier + bytes.fromhex("01000001000000000000") + question),
        ("<", identifier + bytes.fromhex("81800001000100000000") + question + record),
    ]


def name_query(name: str) -> Script:
    """An LLMNR question to the multicast group that nobody answers."""
    return [(">", dns(name, "0.0.0.0")[0][1])]
