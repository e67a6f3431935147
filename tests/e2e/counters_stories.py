# SPDX-License-Identifier: Apache-2.0
"""The counters, against what the gateway's log knows of the same messages."""
import re

from tests.lab.wait import wait_until

from .roam_stories import Journey
from .story import HOST, story

# Of charon's log: "parsed INFORMATIONAL request 4 [ N(UPD_SA_ADDR) N(NATD_S_IP) ... ]", "generating ... response ...".
MESSAGE = re.compile(r"\[ENC\] (parsed|generating) \w+ (?:request|response) \d+ \[ (.*) \]")
AS_THE_GATEWAY_CALLS_THEM = {
    "mobike_supported": "N(MOBIKE_SUP)", "update_sa_addresses": "N(UPD_SA_ADDR)", "cookie2": "N(COOKIE2)",
    "additional_ip4_address": "N(ADD_4_ADDR)", "additional_ip6_address": "N(ADD_6_ADDR)",
    "no_additional_addresses": "N(NO_ADD_ADDR)", "no_nats_allowed": "N(NO_NATS)"}


def seen_by_gateway(lab):
    """What it received is what we sent, and the other way round."""
    found = {"parsed": "", "generating": ""}
    for way, payloads in MESSAGE.findall(lab.gateway.log()):
        found[way] += payloads + " "
    counted = {f"{name}_sent": found["parsed"].count(notify) for name, notify in AS_THE_GATEWAY_CALLS_THEM.items()}
    return counted | {f"{name}_received": found["generating"].count(notify) for name, notify in AS_THE_GATEWAY_CALLS_THEM.items()}


@story("after two roams the counters say what the gateway's log says: as a table, as JSON, and as Cisco's gateways list them",
       machines=(HOST,))
def as_the_gateway_counts(lab):
    journey = Journey(lab, return_routability="after", announce_addresses=True)
    journey.move(lab.wifi_down, "wwan0", "forced")
    journey.move(lab.wifi_up, "wlan0", "preferred")
    ours = lambda: {name: value for name, value in journey.daemon.counters().items() if name in seen_by_gateway(lab)}
    wait_until(lambda: ours() == seen_by_gateway(lab), 5, "the same counters on both sides")
    counters = journey.daemon.ask("counters")
    tunnel, mobike = counters["tunnels"][0], counters["tunnels"][0]["mobike"]
    assert counters["total"] == {key: tunnel[key] for key in counters["total"]}
    assert mobike["mobike_supported_sent"] == mobike["mobike_supported_received"] == 1 and mobike["update_sa_addresses_sent"] >= 2
    assert mobike["cookie2_match"] == mobike["update_sa_addresses_sent"] and mobike["cookie2_mismatch"] == 0
    assert tunnel["roams_by_reason"] == {"link-down": 1, "better-path": 1} and tunnel["roams_by_result"] == {"moved": 2}
    assert_table(journey.daemon.roamctl("counters").stdout, mobike)
    assert_cisco(journey.daemon.roamctl("counters", "--cisco").stdout, mobike)
    journey.arrive()


def assert_table(text, mobike):
    rows = dict(line.rsplit(maxsplit=1) for line in text.splitlines())
    assert {name: int(rows[name]) for name in mobike} == mobike, text
    assert rows["roams, reason link-down"] == rows["roams, reason better-path"] == "1" and rows["roams, result moved"] == "2", text


def assert_cisco(text, mobike):
    bulk = dict(line.split() for line in text.split("bulk statistics")[1].splitlines() if line)
    for variable, name in (("ikev2-mobike-sent", "mobike_supported_sent"), ("ikev2-mobike-recv", "mobike_supported_received"),
                           ("ikev2-mobike-cookie2-sent", "cookie2_sent"), ("ikev2-mobike-cookie2-match", "cookie2_match"),
                           ("ikev2-mobike-cookie2-mismatch", "cookie2_mismatch")):
        assert int(bulk[variable]) == mobike[name], f"{variable}: {text}"
    assert re.search(rf"MOBIKE Cookie2 Sent: +{mobike['cookie2_sent']}\b", text), text
    assert re.search(r"Mobike Supported +: Enabled", text), text
