# SPDX-License-Identifier: Apache-2.0
"""One round of one client in a laboratory of its own; the result is a flat dict of figures, times in milliseconds."""
import time

from tests.lab import capture, netevents, probes, usage
from tests.lab.lab import Lab
from tests.lab.topology import WIFI, Conditions

from .clients import CLIENTS

PATIENCE = 5  # seconds, where nothing but silence tells
SETTLE = 1.2  # seconds until everything a roam starts has ended, also the Child SA's rekey by the gateway


def conditions(round_trip_ms=(0, 0)):
    """IPv4 uplinks only, so that both clients move between the same paths. Routers that answer ARP whatever its sender: else
    strongSwan, which does not bind its packets to an uplink, never recovers from a link that goes down."""
    return Conditions(round_trip_ms, families=(("inet",), ("inet",)), strict_routers=False)


# What is done, the message of the kernel that is the event, and the uplink where the client should speak next.
ROAMS = {
    "forced": (lambda lab: lab.wifi_down(), (netevents.RTM_NEWLINK, None), "cell"),
    "back": (lambda lab: lab.wifi_up(), (netevents.RTM_NEWROUTE, 0), "wifi"),
    "preferred": (lambda lab: lab.prefer("cell"), (netevents.RTM_NEWROUTE, 0), "cell"),
    "preferred_back": (lambda lab: lab.prefer("wifi"), (netevents.RTM_NEWROUTE, 0), "wifi"),
    "address": (lambda lab: lab.change_wifi_address(), (netevents.RTM_DELADDR, None), "wifi"),
    "dead": (lambda lab: lab.blackhole(WIFI), None, "cell"),  # no event; the last one, for it stays dead
}


def measure(client_name, round_trip_ms):
    lab = Lab(conditions(round_trip_ms))
    lab.start_gateway()
    events = netevents.Listener(lab.client, lab.folder / "events")
    client = CLIENTS[client_name](lab)
    lab.capture()
    prober = lab.prober(interval_us=1000)
    client.connect()
    prober.wait_for_answer()
    time.sleep(SETTLE)
    figures = usage.memory(client.pid)
    moments = {}
    for name, (action, event, _uplink) in ROAMS.items():
        moments[name] = time.monotonic_ns() // 1000
        action(lab)
        time.sleep(SETTLE if event else PATIENCE)
    sent = prober.probes()
    prober.stop()
    packets = lab.captured()
    figures |= connecting(packets["wifi"], sent)
    ends = list(moments.values())[1:] + [sent[-1].sent_us - 100_000]
    for (name, since), until in zip(moments.items(), ends):
        figures |= roaming(name, since, until, (sent, packets, events))
    return figures


def connecting(packets, sent):
    """From the first IKE_SA_INIT request on the wire to IKE_AUTH's response, and to the first answered probe."""
    ike = [p for p in packets if p.kind == "ike"]
    start = next(p.time_us for p in ike if p.exchange == capture.IKE_SA_INIT)
    end = next(p.time_us for p in ike if p.exchange == capture.IKE_AUTH and p.response)
    first_data = min(probe.answered_us for probe in sent if probe.answered_us)
    return {"connect_ms": (end - start) / 1000, "connect_first_data_ms": (first_data - start) / 1000}


def roaming(name, since, until, seen):
    sent, packets, events = seen
    _action, message, uplink = ROAMS[name]
    event = events.first(message[0], since, message[1]) if message else since
    spoken = [p.time_us for p in packets[uplink] if p.kind == "ike" and p.exchange == capture.INFORMATIONAL
              and not p.response and since <= p.time_us < until]
    window = [probe for probe in sent if since - 200_000 <= probe.sent_us < until - 200_000]
    outages = [o for o in probes.outages(window) if o.end_us >= since]
    return {f"{name}_event_to_update_ms": (spoken[0] - event) / 1000 if spoken and event else None,
            f"{name}_outage_ms": max((o.milliseconds for o in outages), default=0.0),
            f"{name}_lost": sum(o.lost for o in outages),
            f"{name}_recovered": bool(window and window[-1].answered_us)}


def measure_idle(client_name, seconds):
    """Voluntary context switches a minute of a connected client that nobody uses."""
    lab = Lab(conditions())
    lab.start_gateway()
    client = CLIENTS[client_name](lab)
    client.connect()
    time.sleep(2)
    before = usage.context_switches(client.pid)
    time.sleep(seconds)
    return {"wakeups_a_minute": (usage.context_switches(client.pid) - before) * 60 / seconds} | usage.memory(client.pid)
