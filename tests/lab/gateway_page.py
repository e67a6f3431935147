# SPDX-License-Identifier: Apache-2.0
"""A page of docs/gateways: its tunnel file, with the laboratory's gateway, names and secrets in place of those it names."""
import json
import re
import subprocess

from . import gateway, topology, tools
from .certificates import CLIENT_ID, GATEWAY_ID
from .roamd import write_secret

FOLDER = tools.ROOT / "docs/gateways"


def names():
    return sorted(page.stem for page in FOLDER.glob("*.md") if page.stem != "README")


def tunnel_file(name):
    """As the page shows it."""
    return json.loads(re.search(r"```json\n(.*?)```", (FOLDER / f"{name}.md").read_text(), re.DOTALL).group(1))


def tunnel_config(name, folder, certificates, eap_server=None):
    """The page's file for the laboratory; the files that it names are written into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    config = tunnel_file(name)
    local, remote = config["local"], config.setdefault("remote", {})
    alice = certificates.client("rsa")
    if "certificate" in local:
        (folder / local["certificate"]).write_bytes(certificates.certificate(alice).read_bytes())
        write_secret(folder / local["private_key"], certificates.key(alice).read_text())
    if "pkcs12" in local:
        write_secret(folder / local["pkcs12_password_file"], gateway.PASSWORD)
        write_pkcs12(folder / local["pkcs12"], certificates, alice)
    if "password_file" in local:
        write_secret(folder / local["password_file"], gateway.PASSWORD)
    if "psk_file" in config:
        write_secret(folder / config["psk_file"], gateway.PSK)
    if "id" in local:
        local["id"] = CLIENT_ID
    if "username" in local:
        local["username"] = gateway.USER
    for key in ("ca", "eap_ca"):
        for file in remote.get(key, []) if remote.get(key) != "pkcs12" else []:
            write_ca(folder / file, certificates.ca())
    if "remote_ts" in config and "0.0.0.0/0" not in config["remote_ts"]:
        config["remote_ts"] = [topology.INSIDE_NET]
    if "eap_server" in remote or "tls" in local.get("eap", []):
        remote["eap_server"] = eap_server
    return {**config, "gateway": topology.GATEWAY, "remote": {**remote, "id": GATEWAY_ID}}


def write_ca(path, ca):
    """In the form that the file's name says."""
    form = "DER" if path.suffix in (".der", ".cer") else "PEM"
    subprocess.run(["openssl", "x509", "-in", ca, "-outform", form, "-out", path], check=True, capture_output=True)


def write_pkcs12(path, certificates, name):
    subprocess.run(["openssl", "pkcs12", "-export", "-in", certificates.certificate(name), "-inkey", certificates.key(name),
                    "-certfile", certificates.ca(), "-passout", f"pass:{gateway.PASSWORD}", "-out", path], check=True, capture_output=True)
    path.chmod(0o600)
