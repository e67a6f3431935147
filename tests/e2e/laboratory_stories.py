# SPDX-License-Identifier: Apache-2.0
"""The laboratory itself, proved with strongSwan's own client before anything of ours is judged by it."""
import time

from tests.lab import capture, gateway, probes, topology
from tests.lab.wait import wait_until

from .story import HOST, QEMU, UML, story
from .tunnel import assert_nothing_in_clear


@story("the laboratory: strongSwan's own client connects, roams to cellular and back, its IKE SPIs stay")
def strongswan_roams(lab):
    lab.start_gateway()
    lab.capture()
    client = lab.start_strongswan_client(options="prefer_best_path = yes")
    client.initiate()
    before = lab.gateway_sa()
    assert lab.ping(topology.INSIDE) and lab.ping(topology.INSIDE6)
    prober = lab.prober()
    time.sleep(0.2)
    events = []
    for roam in (lab.wifi_down, lab.wifi_up):
        events.append(time.monotonic_ns() // 1000)
        roam()
        time.sleep(0.5)
    sent = prober.probes()
    prober.stop()
    after = lab.gateway_sa()
    assert before["spi_initiator"] == after["spi_initiator"] and before["spi_responder"] == after["spi_responder"]
    for event, end in zip(events, events[1:] + [sent[-1].sent_us]):  # each is seen; a busy machine may show more
        during = [probe for probe in sent if event - 100_000 < probe.sent_us < end]
        assert probes.outages(during, least=5), f"no outage after the event at {event}"
    packets = lab.captured()
    assert [p for p in packets["cell"] if p.kind == "esp"], "no ESP over cellular"
    assert not [p for p in packets["cell"] if p.kind == "ike" and p.exchange in (capture.IKE_SA_INIT, capture.IKE_AUTH)]
    if not lab.kernel_esp:  # with it, what has another source than the virtual address leaves in clear until its route is back
        assert_nothing_in_clear(packets)


@story("the laboratory: the routers masquerade, and drop what does not come from their own network", machines=(HOST, UML, QEMU))
def routers_filter_sources(lab):
    lab.capture()
    outside = lab.network.gateway
    assert lab.client.run("ping", "-c1", "-W1", "-I", "wwan0", topology.GATEWAY, check=False).returncode == 0
    # The Wi-Fi address on the cellular link: what a client that does not bind its packets would send.
    lab.client.ip(f"route add {topology.GATEWAY} via {topology.CELL.router} dev wwan0 src {topology.WIFI.address}")
    forged = lab.client.run("ping", "-c1", "-W1", "-I", topology.WIFI.address, topology.GATEWAY, check=False)
    assert forged.returncode != 0
    assert outside.run("ping", "-c1", "-W1", topology.WIFI.address, check=False).returncode != 0, "not behind a NAT"


@story("the laboratory: the round trip asked for is the one measured", delay_ms=(20, 60), machines=(HOST,))
def round_trip_is_settable(lab):
    lab.start_gateway()
    for device, expected in (("wlan0", 20), ("wwan0", 60)):
        lab.client.run("ping", "-c1", "-W2", "-I", device, topology.GATEWAY)  # resolves neighbours
        out = lab.client.run("ping", "-c5", "-i0.1", "-W2", "-I", device, topology.GATEWAY).stdout
        fastest = float(out.rsplit("= ", 1)[1].split("/")[0])
        assert expected <= fastest < expected + 5, f"{device}: {fastest} ms"


@story("the laboratory: a wrong pre-shared key is refused by the gateway", machines=(HOST,))
def wrong_psk_is_refused(lab):
    lab.start_gateway()
    client = lab.start_strongswan_client(auth=gateway.client_psk("another key"))
    client.swanctl("--initiate", "--ike", "home", check=False)
    wait_until(lambda: "AUTHENTICATION_FAILED" in client.log(), 5, "AUTHENTICATION_FAILED")
    assert lab.gateway_sa() is None
