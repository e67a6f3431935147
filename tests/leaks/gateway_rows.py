# SPDX-License-Identifier: Apache-2.0
"""What the gateway does, and what somebody on the way does in its name."""
import time

from tests.lab.capture import IKE_AUTH
from tests.lab.forger import Forger
from tests.lab.topology import CELL

from .row import row

FORGING = 20  # seconds


@row("the gateway deletes the IKE SA", patience=60, ci=True)
def deleted(cell):
    cell.lab.gateway.swanctl("--terminate", "--ike", "roadwarrior", "--force")


@row("the gateway is killed, and knows nothing of us 2 s later", patience=120)
def forgotten(cell):
    cell.lab.gateway.kill()
    time.sleep(2)
    cell.lab.gateway.start()


@row("the gateway starts anew in good order, and has no connections for 4 s", patience=90)
def no_connections_yet(cell):
    restarted(cell, lambda whole: "")


@row("the gateway starts anew in good order, and has no secrets for 4 s", patience=90)
def no_secrets_yet(cell):
    restarted(cell, lambda whole: whole.split("secrets {")[0])


def restarted(cell, between):
    gateway = cell.lab.gateway
    whole = (gateway.folder / "swanctl.conf").read_text()
    gateway.stop()
    (gateway.folder / "swanctl.conf").write_text(between(whole))
    gateway.start()
    time.sleep(4)
    gateway.configure(whole)


@row("the gateway starts anew in good order, and gives other addresses", patience=60)
def another_pool(cell):
    gateway = cell.lab.gateway
    gateway.stop()
    path = gateway.folder / "swanctl.conf"
    path.write_text(path.read_text().replace("10.50.0.0/24", "10.60.0.0/24"))
    gateway.start()


def forged(cell, refusal, **how):
    """A reconnect, with a forger on the way for a time."""
    cell.lab.down(CELL)
    cell.lab.gateway.swanctl("--terminate", "--ike", "roadwarrior", "--force")
    cell.daemon.wait_for_state("connecting")  # it waits a moment before it does
    forging = Forger(cell.lab.network.wifi, refusal, **how)
    time.sleep(FORGING)
    forging.stop()


@row("a reconnect, and forged NO_PROPOSAL_CHOSEN in place of the gateway's answers", patience=60)
def forged_refusals(cell):
    forged(cell, "NO_PROPOSAL_CHOSEN", swallows=True)


@row("a reconnect, and a flood of forged COOKIE", patience=60)
def forged_cookies(cell):
    forged(cell, "COOKIE", copies=20)


@row("a reconnect, and a flood of forged INVALID_KE_PAYLOAD", patience=60)
def forged_groups(cell):
    forged(cell, "INVALID_KE_PAYLOAD", copies=20)


@row("a reconnect, and AUTHENTICATION_FAILED in clear in place of the gateway's answers to IKE_AUTH", patience=60)
def forged_authentication(cell):
    forged(cell, "AUTHENTICATION_FAILED", exchange=IKE_AUTH, swallows=True)
