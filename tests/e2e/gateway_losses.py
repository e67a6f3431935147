# SPDX-License-Identifier: Apache-2.0
"""What a strongSwan gateway loses in its own house while it takes in an UPDATE_SA_ADDRESSES.

Either way it first takes the Child SA's policies away or puts others in place that drop everything, then moves or rekeys, then
restores them. With kernel ESP it does so twice more when packets by the old path come in after that: the kernel calls that a
NAT mapping that changed, and charon follows it there and back."""
from tests.lab import capture, topology

BUSY_US = 8_000
# Of /proc/net/xfrm_stat: no policy, one that drops, no state, and a state that the policy does not name yet.
KERNEL_DROPS = ("XfrmInNoPols", "XfrmInPolBlock", "XfrmOutPolBlock", "XfrmInNoStates", "XfrmOutNoStates", "XfrmInTmplMismatch")


class UserspaceGateway:
    """Answers that left the host inside while the gateway was busy with an UPDATE_SA_ADDRESSES."""

    def __init__(self, lab):
        self.outside, self.inside = lab.capture_gateway()

    def not_its_fault(self, lost):
        """Those of the lost probes that it did not drop."""
        answers = {p.probe: p.time_us for p in self.inside.packets() if p.probe >= 0 and p.source == topology.INSIDE}
        updates = [p.time_us for p in self.outside.packets() if p.kind == "ike" and p.exchange == capture.INFORMATIONAL
                   and not p.response and p.destination == topology.GATEWAY]
        dropped = lambda probe: any(-1000 < answers[probe.number] - update < BUSY_US for update in updates)
        return [probe for probe in lost if probe.number not in answers or not dropped(probe)]


class KernelGateway:
    """As many as its kernel counted as dropped for want of a policy or a state."""

    def __init__(self, lab):
        self.gateway = lab.network.gateway
        self.excused = 0

    def not_its_fault(self, lost):
        dropped = self.dropped() - self.excused
        self.excused += min(len(lost), dropped)
        return lost[dropped:]

    def dropped(self):
        """Packets so far; the file has a name and a number a line."""
        words = self.gateway.run("cat", "/proc/net/xfrm_stat").stdout.split()
        counters = dict(zip(words[::2], map(int, words[1::2])))
        return sum(counters[name] for name in KERNEL_DROPS)


def watch(lab):
    return KernelGateway(lab) if lab.kernel_esp else UserspaceGateway(lab)
