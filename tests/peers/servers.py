"""Servers that several tests use, each with a configuration and files of its own."""

from __future__ import annotations

from collections.abc import Mapping

from tests.peers.documents import certificate
from tests.peers.estate import Estate

NGINX = """\
daemon off; user root; pid {home}/nginx.pid; error_log stderr; worker_processes 1;
events {{}}
http {{
  access_log off; client_max_body_size 0; client_body_temp_path {home}/bodies; types {{}}
  gzip on; gzip_types text/plain; gzip_min_length 1; default_type application/octet-stream;
  server {{
    listen 80; listen 81 http2; listen 443 ssl; server_name peer.example; root {home}/www;
    ssl_certificate {certified}; ssl_certificate_key {key};
    location /text/ {{ default_type text/plain; }}
    location /put/ {{ dav_methods PUT; create_full_put_path on; }}
    location /form/ {{ proxy_pass http://127.0.0.1:82; }}
  }}
  server {{ listen 127.0.0.1:82; location / {{ return 200 "taken"; }} }}
}}
"""
SAMBA = """\
[global]
server role = standalone server
workgroup = PEERS
netbios name = FILES
private dir = {home}/private
lock directory = {home}/lock
state directory = {home}/state
cache directory = {home}/cache
pid directory = {home}/pid
ncalrpc dir = {home}/ncalrpc
passdb backend = tdbsam:{home}/passdb.tdb
log file = /dev/stdout
log level = 0
smb ports = 445
disable netbios = yes
load printers = no
printcap name = /dev/null
disable spoolss = yes
server min protocol = NT1
client min protocol = NT1
ntlm auth = yes
lanman auth = no
map to guest = never
[share]
path = {home}/{folder}
read only = no
force user = root
"""


def nginx(peers: Estate, box: str, files: Mapping[str, bytes]) -> None:
    """nginx in the box with these files."""
    for name, data in files.items():
        path = peers.home / "www" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    certified, key = certificate(peers.home)
    config = peers.home / "nginx.conf"
    config.write_text(NGINX.format(home=peers.home, certified=certified, key=key))
    peers.start(box, "nginx", "-p", peers.home, "-c", config, ready=peers.listens(box, 80))


def samba(peers: Estate, box: str, files: Mapping[str, bytes], folder: str = "share") -> None:
    """Samba in the box, whose share is the folder, with these files. User ``games``, password ``himitsu``."""
    for name in ("private", "lock", "state", "cache", "pid", "ncalrpc", folder):
        (peers.home / name).mkdir(exist_ok=True)
    for name, data in files.items():
        path = peers.home / folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    config = peers.home / "smb.conf"
    config.write_text(SAMBA.format(home=peers.home, folder=folder))
    peers.run(box, "smbpasswd", "-c", config, "-a", "-s", "games", stdin=b"himitsu\nhimitsu\n")
    peers.start(box, "smbd", "-F", "--no-process-group", "-s", config, ready=peers.listens(box, 445))
