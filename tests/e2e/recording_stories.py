# SPDX-License-Identifier: Apache-2.0
"""What the daemon saw of the network is handed out, and replayed it decides the same."""
import json
import os
import pathlib
import shutil
import subprocess

from tests.lab import tools, topology
from tests.lab.nat64 import Nat64

from .nat64_stories import use_name_server
from .roam_stories import Journey
from .story import HOST, story


def record(lab, name):
    """The recording as a file; kept where ROAMD_RECORDINGS says, too."""
    done = lab.roamd.roamctl("record")
    assert done.returncode == 0, done.stderr
    path = lab.folder / f"{name}.jsonl"
    path.write_text(done.stdout)
    if "ROAMD_RECORDINGS" in os.environ:
        shutil.copy(path, pathlib.Path(os.environ["ROAMD_RECORDINGS"]) / path.name)
    return path


def replay(path, *options):
    command = [tools.path("roamctl"), "replay", path, *options]
    return subprocess.run(command, text=True, capture_output=True, check=True, timeout=30).stdout


def decided(path):
    """Interface and reason of each move that is told by the replay, the first apart."""
    steps = json.loads(replay(path, "--json"))
    return [(step["kind"], step["reason"], step["interface"]) for step in steps if step["decision"] == "move"][1:]


def done(journey):
    """The same of each roam that was."""
    return [(roam["kind"], roam["reason"], roam["to"]["interface"]) for roam in journey.daemon.roams()]


@story("a walk that roamd recorded decides the same when it is replayed, without a daemon, and says why", machines=(HOST,), sanitized=True)
def walk(lab):
    journey = Journey(lab)
    journey.move(lab.wifi_down, "wwan0", "forced")
    journey.move(lab.wifi_up, "wlan0", "preferred")
    journey.move(lab.change_wifi_address, "wlan0")
    path = record(lab, "walk")
    assert decided(path) == done(journey), f"{decided(path)}, not {done(journey)}"
    told = replay(path)
    assert "leaves wlan0 at once for wwan0" in told and "wlan0 was taken down" in told, told
    journey.arrive()


@story("containers that come and go by the dozen leave a recording as small as before", machines=(HOST,))
def churn(lab):
    journey = Journey(lab)
    lab.client.ip(*(line for number in range(60) for line in (
        f"link add c{number} type veth peer name d{number}", f"link set c{number} up", f"link set d{number} up",
        f"link del c{number}")))
    journey.move(lab.wifi_down, "wwan0", "forced")
    path = record(lab, "churn")
    lines = path.read_text().splitlines()
    assert len(lines) < 40 and len(path.read_text()) < 100_000, f"{len(lines)} lines"
    assert decided(path) == done(journey), f"{decided(path)}, not {done(journey)}"
    journey.arrive()


@story("a walk to IPv6-only cellular is recorded with its NAT64", machines=(HOST,), families=(("inet",), ("inet6",)))
def nat64_walk(lab):
    Nat64(lab)
    use_name_server()
    journey = Journey(lab)
    journey.daemon.wait_for_log("found a NAT64")
    journey.move(lab.wifi_down, "wwan0", "forced")
    path = record(lab, "nat64")
    assert decided(path) == done(journey), f"{decided(path)}, not {done(journey)}"
    assert topology.GATEWAY in path.read_text()
    journey.arrive()
