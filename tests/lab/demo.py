#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The demo: three roams of one tunnel, told as they happen (started by tests/demo)."""
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
sys.dont_write_bytecode = True

from tests.lab import capture, probes, requirements, tools, topology  # noqa: E402
from tests.lab.lab import PROBE_INTERVAL_US, Lab  # noqa: E402
from tests.lab.roamd import Roamd, psk_config  # noqa: E402
from tests.lab.terminal import Terminal  # noqa: E402

ROUND_TRIP_MS = (20, 60)  # Wi-Fi, cellular
IN_FLIGHT_US = 120_000  # since when a probe may still be answered
PAUSE = 1.5  # seconds between two things that happen, so that a person can follow

PICTURE = """
    laptop                access networks                    internet           office

    wlan0 {wifi:<12} -- Wi-Fi, NAT, {wifi_ms} ms round trip --+
                                                         +-- {gateway} -- {inside}
    wwan0 {cell:<12} -- cellular, NAT, {cell_ms} ms ----------+   strongSwan       answers probes
"""
# What a roam record tells, in words; {path} is the path the roam goes to.
STEPS = (("event_us", "roamd", "the kernel says so: a {kind} roam to {path} ({reason})"),
         ("update_sent_us", "roamd", "UPDATE_SA_ADDRESSES sent over {path}"),
         ("data_moved_us", "roamd", "data goes over {path} from now on"),
         ("answered_us", "gateway", "UPDATE_SA_ADDRESSES answered"),
         ("first_packet_us", "gateway", "first packet in over {path}"))


class Demo:
    def __init__(self, out):
        self.out = out
        self.lab = Lab(topology.Conditions(ROUND_TRIP_MS))
        self.rows = []
        self.daemon = self.prober = self.connected = None

    def connect(self):
        self.lab.start_gateway()
        self.out.at(None, "gateway", f"strongSwan listens on {topology.GATEWAY}")
        self.lab.capture()
        folder = self.lab.folder / "roamd/tunnels.d"
        folder.mkdir(parents=True)
        self.daemon = Roamd(self.lab, psk_config(folder))
        self.out.at(None, "roamd", "started; connects with a pre-shared key")
        self.connected = self.daemon.wait_for_state("connected")
        addresses = ", ".join(self.connected["virtual_addresses"])
        self.out.at(self.connected["connected_since_us"], "roamd", f"connected over {path_text(self.connected['path'])}", "green")
        self.out.more(f"inside we are {addresses}; IKE SPIs {spis_text(self.connected)}")

    def start_probes(self):
        self.prober = self.lab.prober()
        self.prober.wait_for_answer()
        milliseconds = "millisecond" if PROBE_INTERVAL_US == 1000 else f"{PROBE_INTERVAL_US / 1000:g} milliseconds"
        self.out.at(None, "probes", f"a packet every {milliseconds} through the tunnel to {topology.INSIDE}; answers come in")

    def roam(self, what, command, action, device):
        """Does something to the uplinks, and tells the roam that follows."""
        time.sleep(PAUSE)
        last, since = self.daemon.last_sequence(), now_us()
        self.out.at(None, "network", f"{what}   ({command})", "yellow")
        action()
        self.daemon.wait_for_roam_to(device, after=last)
        time.sleep(0.3)  # the probes in flight come home
        roams = [r for r in self.daemon.roams() if r["sequence"] > last]
        for moment, who, text in sorted(step for roam in roams for step in steps_of(roam)):
            self.out.at(moment, who, text)
        seen = self.prober.probes(since - 500_000, now_us() - IN_FLIGHT_US)
        lost, longest = probes.lost(seen), probes.longest_ms(seen)
        verdict = f"outage {longest:.0f} ms, {lost} packets lost" if lost else "no packet lost"
        self.out.more(f"the tunnel is on {path_text(roams[-1]['to'])}: {verdict}", "green")
        first, final = roams[0], roams[-1]
        self.rows.append((what, f"{first['from']['interface']} to {final['to']['interface']}",
                          (first["update_sent_us"] - first["event_us"]) / 1000,
                          (final["answered_us"] - first["event_us"]) / 1000, longest, lost))

    def sum_up(self):
        """Prints the table and the proof; returns whether it holds."""
        time.sleep(PAUSE)
        seen = self.prober.probes(until_us=now_us() - IN_FLIGHT_US)
        self.prober.stop()
        now = self.daemon.status()
        packets = [p for uplink in self.lab.captured().values() for p in uplink]
        requests = lambda exchange: len({p.message_id for p in packets if p.kind == "ike" and p.exchange == exchange
                                         and not p.response})
        self.out.heading("What happened             from, to          UPDATE sent   answered    outage   lost")
        for what, path, sent, answered, outage, lost in self.rows:
            self.out.line(f"{what:<26}{path:<18}{sent:>8.2f} ms {answered:>7.1f} ms {outage:>6.0f} ms {lost:>6}")
        self.out.line()
        same = spis_text(now) == spis_text(self.connected)
        clear = capture.in_clear(packets)
        self.out.line(f"IKE SPIs at first   {spis_text(self.connected)}")
        self.out.line(f"IKE SPIs now        {spis_text(now)}  {'(the same)' if same else '(NOT THE SAME)'}", "green" if same else "red")
        self.out.line(f"On the wire         {requests(capture.IKE_SA_INIT)} IKE_SA_INIT, {requests(capture.IKE_AUTH)} IKE_AUTH, "
                      f"{sum(p.kind == 'esp' for p in packets)} ESP packets, {len(clear)} packets in clear")
        self.out.line(f"Probes              {len(seen)} sent, {probes.lost(seen)} lost")
        return same and not clear and requests(capture.IKE_AUTH) == 1

    def ask_roamctl(self):
        for question in ("status", "roams"):
            self.out.heading(f"$ roamctl {question}")
            print(self.daemon.roamctl(question).stdout, end="", flush=True)


def now_us():
    return time.monotonic_ns() // 1000


def steps_of(roam):
    """(time, who, text) of everything that happened in one roam; the time from the event in each but the first."""
    path = path_text(roam["to"])
    for key, who, words in STEPS:
        if roam[key]:
            after = "" if key == "event_us" else f"   +{(roam[key] - roam['event_us']) / 1000:.2f} ms"
            yield roam[key], who, words.format(path=path, **{k: roam[k] for k in ("kind", "reason")}) + after


def path_text(path):
    return f"{path['interface']} ({path['local']})"


def spis_text(status):
    return f"{status['ike_spi_initiator']}_i {status['ike_spi_responder']}_r"


def tell(out):
    out.line("One IKEv2 tunnel, three moves", "bold")
    out.line(PICTURE.format(wifi=topology.WIFI.address, cell=topology.CELL.address, gateway=topology.GATEWAY,
                            inside=topology.INSIDE, wifi_ms=ROUND_TRIP_MS[0], cell_ms=ROUND_TRIP_MS[1]))
    demo = Demo(out)
    try:
        demo.connect()
        demo.start_probes()
        demo.roam("Wi-Fi goes away", "ip link set wlan0 down", demo.lab.wifi_down, "wwan0")
        demo.roam("Wi-Fi is back", "ip link set wlan0 up, address, routes", demo.lab.wifi_up, "wlan0")
        demo.roam("Wi-Fi changes address", "ip addr del, ip addr add", demo.lab.change_wifi_address, "wlan0")
        good = demo.sum_up()
        demo.ask_roamctl()
        code = demo.daemon.terminate()
        out.line()
        out.at(None, "roamd", f"stopped with exit code {code}; the gateway has {len(demo.lab.gateway.sas())} IKE SAs left")
        return good and code == 0
    except AssertionError as problem:
        out.line(f"\nThis should not have happened: {problem}\n", "red")
        print(demo.lab.logs())
        return False


def main():
    out = Terminal()
    try:
        tools.path("roamd")
        missing = requirements.enter_or_say_why(topology.HOSTS)
    except tools.Missing as problem:
        missing = str(problem)
    if missing:
        print(missing, file=sys.stderr)
        return 2
    try:
        return 0 if tell(out) else 1
    except KeyboardInterrupt:
        out.line("\nstopped; nothing is left behind")
        return 130


if __name__ == "__main__":
    sys.exit(main())
