# SPDX-License-Identifier: Apache-2.0
"""What a person or a desktop sees: roamctl and D-Bus."""
import json
import signal
import subprocess
import time

from tests.lab import tools, usage
from tests.lab.bus_flood import BusFlood
from tests.lab.roamd import TUNNEL, Bus, Roamd
from tests.lab.wait import wait_until

from .story import HOST, story
from .tunnel import assert_traffic, client_config, connect


def idle_daemon(lab, **settings):
    """A daemon on its bus that was not told to connect."""
    lab.start_gateway()
    daemon = Roamd(lab, client_config(lab, "psk", **settings), connect=None)
    daemon.wait_for_state("disconnected")
    return daemon


@story("roamctl: list, up, status, down, with and without --json", machines=(HOST,), sanitized=True)
def up_and_down(lab):
    daemon = idle_daemon(lab)
    assert [t["name"] for t in daemon.ask("list")] == [TUNNEL]
    up = daemon.roamctl("up", TUNNEL)
    assert up.returncode == 0, up.stdout + up.stderr
    assert_traffic(lab)
    assert daemon.status()["state"] == "connected"
    assert TUNNEL in daemon.roamctl("status").stdout and "connected" in daemon.roamctl("status").stdout
    assert daemon.roamctl("down", TUNNEL).returncode == 0
    daemon.wait_for_state("disconnected")
    wait_until(lambda: not lab.gateway.sas(), 2, "the gateway to delete its SA")
    assert daemon.roamctl("up", TUNNEL).returncode == 0, "up again"
    assert_traffic(lab)


@story("the bus is restarted: the tunnel goes on, and roamd takes its name again", machines=(HOST,), sanitized=True)
def bus_restarted(lab):
    daemon = connect(lab)
    spi = daemon.status()["ike_spi_initiator"]
    daemon.bus.stop()
    daemon.wait_for_log("the bus went away; the tunnels go on")
    assert_traffic(lab)
    daemon.bus.start()
    daemon.wait_for_log("roamd is on the bus")
    status = daemon.status()
    assert status["state"] == "connected" and status["ike_spi_initiator"] == spi, status
    wait_until(lambda: "the services' bus is there" in daemon.log(), 5, "the services to be found again")
    lab.wifi_down()
    daemon.wait_for_roam_to("wwan0")


@story("no bus at the start: roamd connects what is wanted, and is found on the bus when it comes", machines=(HOST,))
def bus_comes_later(lab):
    lab.start_gateway()
    lab.bus = Bus(lab.folder)
    lab.bus.stop()
    daemon = Roamd(lab, client_config(lab, "psk"))
    wait_until(lambda: "info connected" in daemon.log(), 10, "the tunnel")
    assert "roamd is on no bus; the tunnels go on" in daemon.log(), daemon.log()
    lab.bus.start()
    daemon.wait_for_log("roamd is on the bus")
    daemon.wait_for_log("the services' bus is there")
    assert daemon.status()["state"] == "connected"
    assert daemon.roamctl("down", TUNNEL).returncode == 0


@story("roamctl up of a tunnel that cannot be made: exit code 1, the reason, and what to do", machines=(HOST,))
def up_fails(lab):
    daemon = idle_daemon(lab, key="not the key")
    up = daemon.roamctl("up", TUNNEL, "--timeout", "2")
    assert up.returncode == 1, f"exit code {up.returncode}"
    assert "authentication-failed" in up.stdout + up.stderr
    error = daemon.status()["error"]
    assert error["reason"] == "authentication-failed" and error["text"] and error["remedy"], error
    assert error["needs_person"], error
    daemon.wait_for_state("failed")


@story("roamctl up NAME of no tunnel at all: exit code 1, and it says which there are", machines=(HOST,))
def unknown_tunnel(lab):
    daemon = idle_daemon(lab)
    up = daemon.roamctl("up", "nonsense")
    assert up.returncode != 0 and "nonsense" in up.stderr + up.stdout


@story("roamctl monitor --json prints a roam as it happens; roamctl roams keeps its record; D-Bus signals Roamed", machines=(HOST,), sanitized=True)
def monitor_and_roams(lab):
    daemon = connect(lab)
    bus_log = open(lab.folder / "dbus-monitor", "w+")
    listener = subprocess.Popen(["dbus-monitor", "--address", daemon.bus.address, "interface='net.roamd.Tunnel'"],
                                stdout=bus_log, start_new_session=True)
    with open(lab.folder / "monitor", "w+") as output:
        monitor = subprocess.Popen([tools.path("roamctl"), "--bus", daemon.bus.address, "--json", "monitor"], stdout=output,
                                   start_new_session=True)
        time.sleep(0.5)
        lab.wifi_down()
        daemon.wait_for_roam_to("wwan0")
        lines = lambda: [json.loads(line) for line in (lab.folder / "monitor").read_text().splitlines()]
        wait_until(lambda: [e for e in lines() if e["event"] == "roamed"], 5, "a roamed event in roamctl monitor")
        monitor.send_signal(signal.SIGINT)
        monitor.wait(5)
    event = [e for e in lines() if e["event"] == "roamed"][-1]
    assert event["tunnel"] == TUNNEL and event["to"]["interface"] == "wwan0" and event["kind"] == "forced", event
    assert "wwan0" in daemon.roamctl("roams").stdout
    wait_until(lambda: "member=Roamed" in (lab.folder / "dbus-monitor").read_text(), 5, "the Roamed signal")
    listener.kill()


@story("users without rights flood roamd with calls, one without reading an answer: a roam is as quick as ever, and roamctl is answered",
       machines=(HOST,))
def flooded(lab):
    daemon = connect(lab)
    floods = [BusFlood(lab.client, daemon.bus.address, reads) for reads in (True, True, False)]
    last, since = daemon.last_sequence(), time.monotonic_ns() // 1000
    lab.wifi_down()
    roam = daemon.wait_for_roam_to("wwan0", last, timeout=30)
    asked = time.monotonic()
    assert daemon.status()["state"] == "connected"
    answered = time.monotonic() - asked
    for flood in floods:
        assert flood.process.poll() is None, "a flood ended"
        flood.stop()
    took, memory = (roam["update_sent_us"] - since) / 1000, usage.memory(daemon.process.pid)["rss_kb"]
    print(f"UPDATE_SA_ADDRESSES left {took:.1f} ms after the command that took Wi-Fi down began; roamd has {memory} kB of memory; "
          f"roamctl status took {answered * 1000:.0f} ms")
    assert took < 1000 and memory < 65536 and answered < 2
    assert_traffic(lab)


@story("a user without rights sees that there is a tunnel and its state, and is told that there is more; all else is refused", machines=(HOST,), sanitized=True)
def unprivileged(lab):
    daemon = connect(lab)
    as_nobody = lambda *arguments: subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", tools.path("roamctl"), "--bus", daemon.bus.address, *arguments],
        text=True, capture_output=True, timeout=30)
    status = as_nobody("status")
    assert status.returncode == 0 and f"{TUNNEL}: connected for" in status.stdout and "more is shown to root" in status.stdout, status
    for word in ("10.50.", "203.0.113.", "wlan0"):
        assert word not in status.stdout + as_nobody("--json", "status").stdout + as_nobody("list").stdout, word
    for refused in (("roams",), ("counters",), ("record",), ("down", TUNNEL)):
        done = as_nobody(*refused)
        assert done.returncode == 1 and "use sudo" in done.stderr, done
    assert daemon.status()["state"] == "connected" and not daemon.status()["restricted"]


@story("without a bus: --bus none --connect runs in the foreground and stops on SIGTERM with exit code 0", machines=(HOST,), sanitized=True)
def without_a_bus(lab):
    lab.start_gateway()
    daemon = Roamd(lab, client_config(lab, "psk"), bus=False)
    wait_until(lambda: lab.gateway_sa(), 10, "the gateway's SA")
    wait_until(lambda: "info connected" in daemon.log(), 5, "roamd to say so")
    assert_traffic(lab)
    code = daemon.terminate()
    assert code == 0, f"exit code {code}"
    wait_until(lambda: not lab.gateway.sas(), 2, "the gateway to delete its SA")
