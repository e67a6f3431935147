# SPDX-License-Identifier: Apache-2.0
"""A network namespace and the processes in it."""
import subprocess


class Namespace:
    """One named network namespace; made here, taken away with the sandbox."""

    def __init__(self, name):
        self.name = name
        subprocess.run(["ip", "netns", "add", name], check=True)
        self.ip("link set lo up")

    def command(self, *command):
        return ["ip", "netns", "exec", self.name, *map(str, command)]

    def run(self, *command, check=True, timeout=60, **options):
        """Runs to its end; returns the CompletedProcess with its output as text."""
        return subprocess.run(self.command(*command), check=check, timeout=timeout, text=True,
                              capture_output=True, **options)

    def start(self, *command, **options):
        """Starts and returns the Popen, in a session of its own so that Ctrl-C does not reach it."""
        return subprocess.Popen(self.command(*command), start_new_session=True, **options)

    def ip(self, *lines):
        """Each line is one command to ip(8), without the leading "ip"; all in one process."""
        done = subprocess.run(["ip", "-n", self.name, "-batch", "-"], input="\n".join(lines), text=True,
                              capture_output=True)
        if done.returncode:
            raise RuntimeError(f"{self.name}: ip: {done.stderr.strip()}\n" + "\n".join(lines))

    def show(self, *arguments):
        """Text of an ip(8) command that shows something."""
        return subprocess.run(["ip", "-n", self.name, *arguments], check=True, text=True, capture_output=True).stdout

    def sysctl(self, **values):
        """sysctl(net__ipv4__ip_forward=1): a double underscore stands for the dot."""
        pairs = [f"{key.replace('__', '.')}={value}" for key, value in values.items()]
        self.run("sysctl", "-q", "-w", *pairs)

    def nft(self, rules):
        self.run("nft", "-f", "-", input=rules)

    def has_device(self, name):
        return subprocess.run(["ip", "-n", self.name, "link", "show", name], capture_output=True).returncode == 0


def link(left, left_name, right, right_name):
    """A cable between two namespaces (a veth pair), both ends up."""
    left.ip(f"link add {left_name} type veth peer name {right_name} netns {right.name}", f"link set {left_name} up")
    right.ip(f"link set {right_name} up")
