# SPDX-License-Identifier: Apache-2.0
"""A restless machine under probes: containers that come and go, then a Wi-Fi that flaps. A flat dict of figures, as of measure."""
import time

from tests.lab import churn, probes, usage
from tests.lab.lab import Lab

from .clients import CLIENTS
from .measure import PATIENCE, SETTLE, conditions

LINKS, BATCHES = 100, 5
FLAPS, AWAY, HERE = 5, 0.3, 0.5  # seconds without Wi-Fi, and with it


def measure_unrest(client_name, round_trip_ms):
    lab = Lab(conditions(round_trip_ms))
    lab.start_gateway()
    client = CLIENTS[client_name](lab)
    prober = lab.prober(interval_us=1000)
    client.connect()
    prober.wait_for_answer()
    time.sleep(SETTLE)
    cpu, since = usage.cpu_seconds(client.pid), time.monotonic_ns() // 1000
    containers(lab)
    time.sleep(SETTLE)
    figures = {"churn_cpu_ms": (usage.cpu_seconds(client.pid) - cpu) * 1000}
    until = time.monotonic_ns() // 1000
    figures |= losses("churn", prober.probes(since, until - 200_000))
    flap(lab)
    time.sleep(PATIENCE)
    figures |= losses("flap", prober.probes(until, time.monotonic_ns() // 1000 - 200_000))
    prober.stop()
    return figures


def containers(lab):
    churn.links(lab.client, LINKS)
    batches = iter([False] * BATCHES)
    churn.addresses_and_routes(lab.client, lambda: next(batches, True))


def flap(lab):
    for _time in range(FLAPS):
        lab.wifi_down()
        time.sleep(AWAY)
        lab.wifi_up()
        time.sleep(HERE)


def losses(name, sent):
    return {f"{name}_outage_ms": probes.longest_ms(sent), f"{name}_lost": probes.lost(sent),
            f"{name}_recovered": bool(sent and sent[-1].answered_us)}
