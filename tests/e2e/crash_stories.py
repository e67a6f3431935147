# SPDX-License-Identifier: Apache-2.0
"""SIGKILL while connected: what stays in the kernel, what the next start makes of it, and that nothing leaves in clear."""
import subprocess

from tests.lab import sandbox, topology
from tests.lab.lab import kernel_state
from tests.lab.roamd import write_secret

from .life_stories import left_behind
from .story import HOST, QEMU, UML, story
from .tunnel import assert_nothing_in_clear, assert_traffic, connect

NOT_CONNECTED = 3


@story("SIGKILL with ESP in the kernel: nothing leaves in clear until the next run is connected, by the same device",
       machines=(UML, QEMU))
def nothing_in_clear_after_a_kill(lab):
    daemon = connect(lab)
    device = lab.client.show("-o", "link", "show", "roamd0").split(":")[0]
    for address in (topology.INSIDE, topology.INSIDE6):
        lab.client.start("ping", "-q", "-i", "0.01", address, stdout=subprocess.DEVNULL)
    for _ in range(2):
        daemon.kill()
        daemon.start()
        daemon.wait_for_state("connected")
    assert_traffic(lab)
    assert lab.client.show("-o", "link", "show", "roamd0").split(":")[0] == device
    assert_nothing_in_clear({uplink: [p for p in packets if not refuses_esp(p)] for uplink, packets in lab.captured().items()})


def refuses_esp(packet):
    """The kernel's answer to ESP in UDP while nobody has the port; it quotes what came in."""
    return packet.kind == "icmp" and packet.destination == topology.GATEWAY


@story("SIGKILL, then a start while no name can be resolved: the gateway's addresses are known from before",
       machines=(HOST,))
def gateway_known_after_a_kill(lab):
    daemon = connect(lab, gateway="gateway.lab")
    remembered = daemon.folder / "run/home.json"
    assert topology.GATEWAY in remembered.read_text()
    daemon.kill()
    (sandbox.LAB_DIR / "hosts").write_text("")
    daemon.start()
    daemon.wait_for_state("connected")
    assert_traffic(lab)
    assert daemon.terminate() == 0
    assert not remembered.exists()


@story("SIGKILL, then a run that gives up: all that was left goes, and what belongs to others stays", machines=(HOST, UML, QEMU), sanitized=True)
def given_up_after_a_kill(lab):
    lab.client.ip("xfrm policy add src 10.1.0.0/16 dst 10.2.0.0/16 dir out "
                  "tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 1 mode tunnel",
                  "rule add fwmark 7 lookup 29280 priority 29280")
    before = kernel_state(lab.client)
    daemon = connect(lab)
    daemon.kill()
    write_secret(daemon.configs / "home.psk", "another secret")
    daemon.start()
    assert daemon.exit_code(20) == NOT_CONNECTED
    assert not left_behind(before, kernel_state(lab.client)), "\n".join(left_behind(before, kernel_state(lab.client)))
