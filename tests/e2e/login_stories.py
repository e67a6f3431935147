# SPDX-License-Identifier: Apache-2.0
"""Logging in by EAP: a name and a password (MSCHAPv2), and each other method with FreeRADIUS behind the gateway."""
import base64
import json
import ssl
import subprocess

from tests.lab import charon, gateway, radius, tools, topology
from tests.lab.certificates import CLIENT_ID, GATEWAY_ID
from tests.lab.roamd import TUNNEL, Roamd, eap_config, password_config
from tests.lab.wait import wait_until

from .failure_stories import fails
from .story import HOST, Skip, story
from .tunnel import assert_nothing_in_clear, assert_traffic, client_config, ike_spis


def start_gateway(lab, kind="ecdsa", **settings):
    """It proves itself by a certificate of this kind, or by the PSK."""
    auth = gateway.password(lab.certificates, None if kind == "psk" else lab.certificates.gateway(kind))
    if plugins := charon.missing(auth.plugins):
        raise Skip(f"no {plugins} here")
    lab.start_gateway(auth, **settings)


def config(lab, **settings):
    folder = lab.folder / "roamd/tunnels.d"
    folder.mkdir(parents=True, exist_ok=True)
    return password_config(folder, lab.certificates, **settings)


def connect(lab, kind="ecdsa", **settings):
    start_gateway(lab, kind)
    lab.capture()
    daemon = Roamd(lab, config(lab, by_psk=kind == "psk", **settings))
    daemon.wait_for_state("connected")
    assert_traffic(lab)
    return daemon


def logins(lab):
    return lab.gateway.log().count("EAP method EAP_MSCHAPV2 succeeded")


def assert_no_secret(lab, *daemons):
    for daemon in daemons:
        assert gateway.PASSWORD not in daemon.log(), "the password is in a log"


@story("connects by a name and a password to a gateway with a certificate; roams and rekeys never log in anew", sanitized=True)
def once(lab):
    daemon = connect(lab)
    assert logins(lab) == 1, lab.gateway.log()
    lab.wifi_down()
    daemon.wait_for_roam_to("wwan0")
    assert_traffic(lab)
    before = lab.gateway_sa()
    lab.gateway.swanctl("--rekey", "--child", "net")
    lab.gateway.swanctl("--rekey", "--ike", "roadwarrior")
    wait_until(lambda: lab.gateway_sa() and ike_spis(lab.gateway_sa()) != ike_spis(before), 10, "the rekeyed IKE SA")
    lab.wifi_up()
    daemon.wait_for_roam_to("wlan0")
    assert_traffic(lab)
    assert logins(lab) == 1, "it logged in again"
    assert_no_secret(lab, daemon)
    assert_nothing_in_clear(lab.captured())


@story("connects by a name and a password to a gateway with a pre-shared key of its own")
def gateway_by_psk(lab):
    connect(lab, "psk")
    assert logins(lab) == 1


@story("a name with a domain connects")
def domain(lab):
    auth = gateway.password(lab.certificates, lab.certificates.gateway("ecdsa"), user="EXAMPLE\\alice")
    if plugins := charon.missing(auth.plugins):
        raise Skip(f"no {plugins} here")
    lab.start_gateway(auth)
    Roamd(lab, config(lab, user="EXAMPLE\\alice")).wait_for_state("connected")
    assert_traffic(lab)


@story("a wrong password, a wrong name: authentication-failed, told as such and tried once", machines=(HOST,))
def wrong_password(lab):
    start_gateway(lab)
    for wrong in ({"password": "not the password"}, {"user": "bob"}):
        fails(lab, config(lab, **wrong), "authentication-failed")
    daemon = Roamd(lab, config(lab, password="not the password"), connect=None)
    daemon.wait_for_state("disconnected")
    up = daemon.roamctl("up", TUNNEL, "--timeout", "5")
    assert up.returncode == 1 and "authentication-failed" in up.stderr, up.stdout + up.stderr
    error = daemon.status()["error"]
    assert error["reason"] == "authentication-failed" and error["needs_person"], error
    assert "the name or the password is wrong" in error["text"] and "local.password_file" in error["remedy"], error
    assert lab.gateway.log().count("EAP method EAP_MSCHAPV2 failed") == 3, "one try for each"
    assert "not the password" not in daemon.log()


@story("a gateway that has no EAP for us, and one that wants it of a client without: refused, with a hint", machines=(HOST,))
def without_a_common_way(lab):
    start_gateway(lab)
    fails(lab, client_config(lab, "ecdsa"), "authentication-failed")
    lab.gateway.configure(gateway.swanctl_conf(gateway.public_key(lab.certificates, lab.certificates.gateway("ecdsa"))))
    fails(lab, config(lab), "authentication-failed")


def start_radius_gateway(lab, tls="1.3"):
    auth = radius.authentication(lab.certificates)
    if lacking := radius.missing() or charon.missing(auth.plugins):
        raise Skip(f"no {lacking} here")
    server = radius.Radius(lab, tls)
    lab.start_gateway(auth, radius.CHARON_OPTIONS)
    return server


def login_config(lab, method, server=radius.SERVER_ID, **settings):
    folder = lab.folder / "roamd/tunnels.d"
    folder.mkdir(parents=True, exist_ok=True)
    return eap_config(folder, lab.certificates, method, server, **settings)


def logs_in(lab, method):
    daemon = Roamd(lab, login_config(lab, method))
    daemon.wait_for_state("connected")
    assert_traffic(lab)
    assert_no_secret(lab, daemon)
    daemon.terminate()


@story("each method of EAP logs in to FreeRADIUS behind the gateway, those with TLS by 1.3 and 1.2", timeout=120, machines=(HOST,))
def each_method(lab):
    server = start_radius_gateway(lab)
    for method in radius.METHODS:
        logs_in(lab, method)
    server.stop()
    radius.Radius(lab, "1.2")
    for method in radius.METHODS[:4]:
        logs_in(lab, method)


@story("a wrong password, a wrong EAP server: each method is refused with its reason, and the password stays here", timeout=120,
       machines=(HOST,))
def each_refusal(lab):
    server = start_radius_gateway(lab)
    for method in radius.METHODS[1:]:
        fails(lab, login_config(lab, method, password="not the password"), "authentication-failed")
    for method in radius.METHODS[:4]:
        fails(lab, login_config(lab, method, server="other.lab"), "wrong-gateway-identity")
    assert server.log().count("Alert read:fatal") >= 4, "the EAP server is told why"


@story("a new user with an .sswan and a password: roamctl import, then roamctl up --ask, and it is connected", machines=(HOST,))
def from_profile(lab):
    start_gateway(lab, "ecdsa")
    authority = ssl.PEM_cert_to_DER_cert(lab.certificates.ca("ca").read_text())
    profile = lab.folder / "office.sswan"
    profile.write_text(json.dumps({
        "uuid": "0", "name": TUNNEL, "type": "ikev2-eap", "mtu": 1400,
        "remote": {"addr": topology.GATEWAY, "id": GATEWAY_ID, "cert": base64.b64encode(authority).decode()},
        "local": {"id": CLIENT_ID, "eap_id": gateway.USER},
        "split-tunneling": {"subnets": [topology.INSIDE_NET, topology.INSIDE_NET6]}}))
    folder = lab.folder / "roamd/tunnels.d"
    folder.mkdir(parents=True, exist_ok=True)
    command = [tools.path("roamctl"), "import", profile, "--dir", folder]
    done = subprocess.run(command, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert "not carried over: mtu" in done.stdout and f"up --ask {TUNNEL}" in done.stdout, done.stdout
    assert all(file.stat().st_mode & 0o077 == 0 for file in folder.iterdir()), "others can read what was written"
    assert subprocess.run(command, capture_output=True).returncode != 0, "written over without --force"
    _, text = (folder / f"{TUNNEL}.json").read_text().split("\n", 1)  # behind the comment
    daemon = Roamd(lab, json.loads(text), connect=None)
    daemon.wait_for_state("disconnected")
    up = subprocess.run([tools.path("roamctl"), "--bus", daemon.bus.address, "up", "--ask=stdin", TUNNEL], text=True, timeout=60,
                        input=f"{gateway.PASSWORD}\n", capture_output=True)
    assert up.returncode == 0, up.stdout + up.stderr
    assert_traffic(lab)
    assert_no_secret(lab, daemon)
