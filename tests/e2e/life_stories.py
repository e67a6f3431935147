# SPDX-License-Identifier: Apache-2.0
"""A tunnel's whole life: what it leaves behind, and what the gateway may start on its own."""
import time

from tests.lab import probes, topology
from tests.lab.lab import kernel_state
from tests.lab.wait import wait_until

from .roam_stories import filter_strictly
from .story import HOST, QEMU, UML, story
from .tunnel import assert_traffic, connect, ike_spis


def left_behind(before, after):
    """Lines of the kernel's state that were not there before, and those that are gone."""
    return [f"+ {line}" for line in after if line not in before] + [f"- {line}" for line in before if line not in after]


@story("SIGTERM: exit code 0, the gateway's SA is deleted, device, addresses, rules and routes are as before", machines=(HOST, UML, QEMU), sanitized=True)
def terminate_leaves_nothing(lab):
    before = kernel_state(lab.client)
    daemon = connect(lab)
    assert_traffic(lab)
    assert kernel_state(lab.client) != before
    code = daemon.terminate()
    assert code == 0, f"exit code {code}"
    assert not left_behind(before, kernel_state(lab.client)), "\n".join(left_behind(before, kernel_state(lab.client)))
    wait_until(lambda: not lab.gateway.sas(), 2, "the gateway to delete its SA")


@story("SIGKILL, then a new start: the remains are found and cleaned, and it connects again", sanitized=True)
def kill_and_start_again(lab):
    before = kernel_state(lab.client)
    daemon = connect(lab)
    daemon.kill()
    daemon.start()
    daemon.wait_for_state("connected")
    assert_traffic(lab)
    assert daemon.terminate() == 0
    assert not left_behind(before, kernel_state(lab.client)), "\n".join(left_behind(before, kernel_state(lab.client)))


@story("the main routing table stays as the desktop left it while the tunnel is up", machines=(HOST,))
def main_table_untouched(lab):
    before = lab.routes(), lab.routes("inet6")
    connect(lab)
    assert_traffic(lab)
    tunnel_only = [r for r in lab.routes() + lab.routes("inet6") if r not in before[0] + before[1]]
    assert all(r["dev"] == "roamd0" and r.get("protocol") == "kernel" for r in tunnel_only), tunnel_only


@story("a tunnel for everything (0.0.0.0/0, ::/0) keeps IKE and ESP outside of itself", sanitized=True)
def everything_through_the_tunnel(lab):
    settings = {"local_ts": "0.0.0.0/0, ::/0"}
    connect(lab, gateway_settings=settings, remote_ts=["0.0.0.0/0", "::/0"])
    assert_traffic(lab)
    chosen = lab.client.show("route", "get", "9.9.9.9")
    assert "dev roamd0" in chosen, chosen
    packets = lab.captured()["wifi"]
    assert [p for p in packets if p.kind == "esp"]


@story("a tunnel for everything works where the kernel filters strictly by reverse path (rp_filter=1)", sanitized=True)
def strict_reverse_path_filter(lab):
    filter_strictly(lab)
    daemon = connect(lab, gateway_settings={"local_ts": "0.0.0.0/0, ::/0"}, remote_ts=["0.0.0.0/0", "::/0"])
    assert_traffic(lab)
    lab.wifi_down()
    daemon.wait_for_roam_to("wwan0")
    assert_traffic(lab)


@story("the gateway rekeys the Child SA: traffic goes on, the IKE SA stays")
def gateway_rekeys_child(lab):
    connect(lab)
    before = lab.gateway_sa()
    old = before["children"][-1]["spi_in"]
    lab.gateway.swanctl("--rekey", "--child", "net")
    installed = lambda: [c for c in lab.gateway_sa()["children"] if c["state"] == "INSTALLED" and c["spi_in"] != old]
    wait_until(installed, 5, "the rekeyed Child SA")
    assert_traffic(lab)
    assert ike_spis(lab.gateway_sa()) == ike_spis(before)


@story("the gateway rekeys the IKE SA: the tunnel goes on, and still roams", sanitized=True)
def gateway_rekeys_ike(lab):
    daemon = connect(lab)
    before = lab.gateway_sa()
    lab.gateway.swanctl("--rekey", "--ike", "roadwarrior")
    rekeyed = lambda: lab.gateway_sa() and ike_spis(lab.gateway_sa()) != ike_spis(before)
    wait_until(rekeyed, 5, "the rekeyed IKE SA")
    assert_traffic(lab)
    lab.wifi_down()
    daemon.wait_for_roam_to("wwan0")
    assert_traffic(lab)


@story("roamd rekeys the Child SA and the IKE SA by itself, again and again, without losing traffic", sanitized=True)
def own_rekeys(lab):
    daemon = connect(lab, rekey_child="2s", rekey_ike="5s")
    first = daemon.status()
    prober = lab.prober()
    time.sleep(8)
    sent = prober.probes(until_us=time.monotonic_ns() // 1000 - 100_000)
    prober.stop()
    now = daemon.status()
    assert now["child_sas"] != first["child_sas"], "the Child SA was not rekeyed"
    assert now["ike_spi_initiator"] != first["ike_spi_initiator"], "the IKE SA was not rekeyed"
    assert probes.lost(sent) == 0, f"lost over rekeys: {probes.outages(sent)}"
    assert len(lab.gateway.sas()) == 1, "the gateway has more than one IKE SA"


@story("the gateway asks whether roamd lives (DPD), and gets its answers", machines=(HOST,))
def gateway_dpd(lab):
    connect(lab, gateway_settings={"options": "dpd_delay = 1s"})
    time.sleep(3.5)
    assert lab.gateway_sa(), "the gateway gave up on roamd"
    assert lab.gateway.log().count("sending DPD request") >= 2


@story("the gateway deletes the IKE SA: roamd says so", machines=(HOST,))
def gateway_deletes(lab):
    daemon = connect(lab)
    old = daemon.status()["ike_spi_initiator"]
    lab.gateway.swanctl("--terminate", "--ike", "roadwarrior")
    gone = lambda: daemon.status()["state"] != "connected" or daemon.status()["ike_spi_initiator"] != old
    wait_until(gone, 10, "roamd to leave the deleted IKE SA")


@story("a gateway that restarts and forgets: roamd finds out by DPD", timeout=120, machines=(HOST,))
def gateway_forgets(lab):
    daemon = connect(lab, dpd="1s")
    lab.gateway.kill()
    wait_until(lambda: daemon.status()["state"] != "connected", 100, "roamd to notice")


@story("a flood into the tunnel: roamd's memory stays bounded", timeout=90, machines=(HOST,))
def memory_is_bounded(lab):
    daemon = connect(lab)
    flood = lab.client.start("python3", "-c", FLOOD)
    flood.wait(30)
    kilobytes = resident_kilobytes(daemon.process.pid)
    assert kilobytes < 64 * 1024, f"{kilobytes} kB resident after a flood"
    wait_until(lambda: lab.ping(topology.INSIDE), 40, "the gateway to work off its own queue")  # charon's has no limit


def resident_kilobytes(pid):
    with open(f"/proc/{pid}/status") as status:
        return int(next(line for line in status if line.startswith("VmRSS")).split()[1])


FLOOD = """
import socket, time
sender, end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), time.monotonic() + 3
while time.monotonic() < end:
    for _ in range(500):
        try:
            sender.sendto(bytes(1200), ("10.20.0.2", 5555))
        except OSError:
            pass
"""
