#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the rounds, each in a sandbox of its own, and prints the table (started by tests/bench/run)."""
import argparse
import json
import math
import pathlib
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
sys.dont_write_bytecode = True

from tests.bench import measure, unrest  # noqa: E402
from tests.bench.clients import CLIENTS  # noqa: E402
from tests.lab import requirements, tools, topology  # noqa: E402

KINDS = {"roams": lambda client, _arguments, round_trip: measure.measure(client, round_trip),
         "unrest": lambda client, _arguments, round_trip: unrest.measure_unrest(client, round_trip),
         "idle": lambda client, arguments, _round_trip: measure.measure_idle(client, arguments.idle)}
LOSSES = (("packets lost, one a millisecond", "lost", ""), ("rounds without recovery", "recovered", "not"))
ROWS = (
    ("Connect", None, None),
    ("IKE_SA_INIT sent to IKE_AUTH answered", "connect_ms", "ms"),
    ("IKE_SA_INIT sent to first data answered", "connect_first_data_ms", "ms"),
    *((title, key and f"{roam}_{key}", unit)
      for roam, heading in (("forced", "Forced roam: Wi-Fi goes down"), ("back", "Wi-Fi comes back"),
                            ("preferred", "Preferred roam: cellular gets the better metric, both alive"),
                            ("preferred_back", "Preferred roam: Wi-Fi gets the better metric, both alive"),
                            ("address", "Another address on Wi-Fi"),
                            ("dead", "Wi-Fi carries nothing any more, under traffic (no event; for 5 s)"))
      for title, key, unit in ((heading, None, None), ("kernel's event to first IKE packet", "event_to_update_ms", "ms"),
                               ("outage", "outage_ms", "ms"), *LOSSES)),
    *((title, key and f"{name}_{key}", unit)
      for name, heading, more in (
          ("churn", "Containers come and go: 100 pairs of links, 5000 addresses and routes", (("CPU time", "cpu_ms", "ms"),)),
          ("flap", "Wi-Fi flaps: five times 0.3 s gone and 0.5 s back", ()))
      for title, key, unit in ((heading, None, None), ("longest outage", "outage_ms", "ms"), *LOSSES, *more)),
    ("Connected and idle", None, None),
    ("resident memory (RSS)", "rss_kb", "kB"),
    ("its share of it (PSS)", "pss_kb", "kB"),
    ("threads", "threads", ""),
    ("voluntary context switches a minute", "wakeups_a_minute", ""),
)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--round-trip", default="0,0", help="of Wi-Fi and cellular, in milliseconds")
    parser.add_argument("--idle", type=int, default=60, help="seconds to count wake-ups for; 0 = not")
    parser.add_argument("--json", type=pathlib.Path, default=tools.BUILD / "bench.json")
    parser.add_argument("--clients", default=",".join(CLIENTS))
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)  # CLIENT and a key of KINDS: one sandbox
    arguments = parser.parse_args()
    if arguments.one:
        return one(arguments)
    clients = arguments.clients.split(",")
    samples = {client: [] for client in clients}
    for number in range(arguments.rounds):
        for client in clients:
            show(f"round {number + 1} of {arguments.rounds}, {CLIENTS[client].NAME}")
            samples[client] += [apart(client, "roams"), apart(client, "unrest")]
    if arguments.idle:
        for client in clients:
            show(f"idle for {arguments.idle} s, {CLIENTS[client].NAME}")
            samples[client].append(apart(client, "idle"))
    show("")
    report(arguments, samples)
    return 0


def show(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def apart(client, what):
    """One measurement in a process and sandbox of its own; an empty dict if it failed (and says so)."""
    done = subprocess.run([sys.executable, *sys.argv, "--one", client, what], stdout=subprocess.PIPE, text=True, timeout=600)
    if done.returncode:
        print(f"{CLIENTS[client].NAME}: a measurement ({what}) failed:\n{done.stdout}", file=sys.stderr)
        return {"failed": 1}
    return json.loads(done.stdout.splitlines()[-1])


def one(arguments):
    if missing := requirements.enter_or_say_why(topology.HOSTS):
        print(missing)
        return 1
    client, what = arguments.one
    round_trip = tuple(float(ms) for ms in arguments.round_trip.split(","))
    print(json.dumps(KINDS[what](client, arguments, round_trip)))
    return 0


def report(arguments, samples):
    summary = {client: summarize(rounds) for client, rounds in samples.items()}
    print(f"{arguments.rounds} rounds, alternately; round trip {arguments.round_trip} ms (Wi-Fi, cellular); IPv4 outside; pre-shared key; "
          "median / 95th percentile / maximum. A client that has not recovered begins the next row like that.")
    print(f"\n{'':<44}" + "".join(f"{CLIENTS[client].NAME:>30}" for client in samples))
    for title, key, unit in ROWS:
        if key is None:
            print(f"\n{title}")
        else:
            print(f"  {title:<42}" + "".join(f"{cell(summary[client].get(key), unit):>30}" for client in samples))
    arguments.json.write_text(json.dumps({"round_trip_ms": arguments.round_trip, "rounds": arguments.rounds,
                                          "summary": summary, "samples": samples}, indent=2) + "\n")
    print(f"\nAll samples: {arguments.json}")


def summarize(rounds):
    """key -> median, p95, max and count of the values that there are; of truths: how many were not."""
    keys = dict.fromkeys(key for figures in rounds for key in figures)
    summary = {}
    for key in keys:
        values = sorted(figures[key] for figures in rounds if figures.get(key) is not None)
        if key.endswith("recovered"):
            summary[key] = {"not": values.count(False), "count": len(values)}
        elif values:
            summary[key] = {"median": statistics.median(values), "p95": values[math.ceil(0.95 * len(values)) - 1],
                            "max": values[-1], "count": len(values)}
    return summary


def cell(values, unit):
    if not values:
        return "-"
    if unit == "not":
        return f"{values['not']} of {values['count']}"
    digits = 0 if unit != "ms" else 2 if values["max"] < 100 else 1
    return " / ".join(f"{values[key]:.{digits}f}" for key in ("median", "p95", "max")) + f" {unit}".rstrip()


if __name__ == "__main__":
    sys.exit(main())
