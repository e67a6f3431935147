# SPDX-License-Identifier: Apache-2.0
"""A password that is in no file: a person is asked for it."""
import subprocess

from tests.lab import gateway, memory, tools
from tests.lab.roamd import TUNNEL, Roamd
from tests.lab.typist import Typist
from tests.lab.wait import wait_until

from .login_stories import config, logins, start_gateway
from .story import HOST, story
from .tunnel import assert_traffic

WRONG = "no correct horse"


def asking(lab, **settings):
    """A daemon that has to ask, and was not told to connect."""
    start_gateway(lab)
    asked = config(lab, **settings)
    del asked["local"]["password_file"]
    daemon = Roamd(lab, asked, connect=None)
    daemon.wait_for_state("disconnected")
    return daemon


def at_terminal(daemon, *arguments):
    return Typist(tools.path("roamctl"), "--bus", daemon.bus.address, *arguments)


def answer(daemon, text):
    done = subprocess.run([tools.path("roamctl"), "--bus", daemon.bus.address, "secret", TUNNEL, "--stdin"], input=text + "\n",
                          text=True, capture_output=True, timeout=20)
    assert done.returncode == 0, done.stderr


def signals_to(daemon, path):
    """Writes down each signal of roamd's."""
    with open(path, "w") as file:
        return subprocess.Popen(["dbus-monitor", "--address", daemon.bus.address, "type='signal',sender='net.roamd'"],
                                stdout=file, start_new_session=True)


@story("up --ask asks at the terminal and shows nothing of the answer; it is asked for once, and forgotten with down",
       machines=(HOST,))
def asked(lab):
    daemon = asking(lab)
    heard = lab.folder / "signals"
    monitor = signals_to(daemon, heard)
    wait_until(heard.read_text, 5, "dbus-monitor")
    person = at_terminal(daemon, "up", TUNNEL, "--ask")
    person.wait_for("Password of alice for ")
    assert not person.echoes()
    assert daemon.status()["state"] == "needs-secret" and not lab.gateway.sas()
    person.type(gateway.PASSWORD + "\n")
    assert person.end() == 0, person.shown
    assert person.echoes() and gateway.PASSWORD not in person.shown
    assert_traffic(lab)
    kept = memory.places(daemon.process.pid, [gateway.PASSWORD])
    assert kept and all("lo" in flags for flags in kept), f"not in locked memory only: {kept}"
    lab.wifi_down()
    daemon.wait_for_roam_to("wwan0")
    lab.gateway.swanctl("--terminate", "--ike", "roadwarrior")
    wait_until(lambda: logins(lab) == 2, 20, "another login")
    daemon.wait_for_state("connected")
    assert daemon.status()["secret_needed"] is None
    assert gateway.PASSWORD not in daemon.roamctl("--json", "status", TUNNEL).stdout
    assert daemon.roamctl("down", TUNNEL).returncode == 0
    wait_until(lambda: not lab.gateway.sas(), 5, "the gateway to delete its SA")
    assert memory.places(daemon.process.pid, [gateway.PASSWORD]) == [], "it is still in memory"
    monitor.terminate()
    monitor.wait(10)
    assert "SecretNeeded" in heard.read_text() and gateway.PASSWORD not in heard.read_text()
    assert gateway.PASSWORD not in daemon.log()


@story("a wrong answer costs one login and is asked for again; without --ask up names the command that gives it", machines=(HOST,))
def wrong_answer(lab):
    daemon = asking(lab)
    up = daemon.roamctl("up", TUNNEL, "--timeout", "1")
    assert up.returncode == 1 and f"roamctl secret {TUNNEL}" in up.stderr, up.stderr
    assert f"roamctl secret {TUNNEL}" in daemon.roamctl("status", TUNNEL).stdout
    answer(daemon, WRONG)
    wait_until(lambda: (daemon.status()["secret_needed"] or {}).get("refused"), 20, "the question to be asked again")
    assert daemon.status()["error"]["reason"] == "authentication-failed"
    assert memory.places(daemon.process.pid, [WRONG]) == []
    answer(daemon, gateway.PASSWORD)
    daemon.wait_for_state("connected")
    assert lab.gateway.log().count("EAP method EAP_MSCHAPV2 failed") == 1


@story("Ctrl-C at the prompt gives the terminal its echo back; after a restart the wish waits for its password", machines=(HOST,))
def interrupted(lab):
    daemon = asking(lab)
    person = at_terminal(daemon, "up", TUNNEL, "--ask")
    person.wait_for("Password of alice")
    person.type("\x03")
    assert person.end() == 1 and person.echoes(), person.shown
    assert f"roamctl secret {TUNNEL}" in person.shown
    daemon.terminate()
    daemon.start()
    daemon.wait_for_state("needs-secret")
    person = at_terminal(daemon, "secret", TUNNEL)
    person.wait_for("Password of alice")
    person.type(gateway.PASSWORD + "\n")
    assert person.end() == 0, person.shown
    daemon.wait_for_state("connected")
    assert_traffic(lab)
