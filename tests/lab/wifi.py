# SPDX-License-Identifier: Apache-2.0
"""Real Wi-Fi in place of the cable to the Wi-Fi router: an access point of hostapd's (WPA2, a pre-shared key) and the laptop's
wpa_supplicant, which NetworkManager drives over the bus, on simulated radios."""
import shutil

from . import hwsim
from .topology import WIFI
from .wait import wait_until

PROGRAMS = ("hostapd", "hostapd_cli", "wpa_supplicant", "iw")
SSID = "Home of the laboratory"
PSK = "5a" * 32  # as it is: no passphrase that would have to be hashed

HOSTAPD_CONF = """
interface=radio0
bridge=lan0
driver=nl80211
ctrl_interface={folder}/hostapd
ssid={ssid}
hw_mode=g
channel=1
wpa=2
wpa_key_mgmt=WPA-PSK
rsn_pairwise=CCMP
wpa_psk={psk}
"""
PROFILE = f"""
[wifi]
ssid={SSID}
powersave=2
[wifi-security]
key-mgmt=wpa-psk
psk={PSK}
"""


def missing():
    """What is not there for it, as text; empty if all is."""
    programs = [program for program in PROGRAMS if not shutil.which(program)]
    return " ".join(programs) or ("" if hwsim.load() else "mac80211_hwsim")


class Wifi:
    """wlan0 becomes a radio, lan0 of the router a bridge with another one in it. For NetworkManager(wifi=...)."""

    policy = "/etc/dbus-1/system.d/wpa_supplicant.conf"
    profile = PROFILE

    def __init__(self, lab):
        self.lab = lab
        self.folder = lab.folder / "wifi"
        self.folder.mkdir()
        lab.client.ip("link delete wlan0")
        self.router = lab.network.wifi
        self.router.ip("link add lan0 type bridge", "link set lan0 up",
                       f"addr add {WIFI.router}/24 dev lan0", f"addr add {WIFI.router6}/64 dev lan0")
        self.laptop_radio = hwsim.Radio(lab.client, WIFI.device)
        self.radio = hwsim.Radio(self.router, "radio0")
        self.start_access_point()

    def start_access_point(self):
        configuration = self.folder / "hostapd.conf"
        configuration.write_text(HOSTAPD_CONF.format(folder=self.folder, ssid=SSID, psk=PSK))
        self.hostapd = self._start(self.router, "hostapd", configuration)
        wait_until(lambda: "state=ENABLED" in self._hostapd_cli("status"), 20, "the access point")

    def join(self, bus):
        """Starts wpa_supplicant, for NetworkManager to find on this bus."""
        self.supplicant = self._start(self.lab.client, "wpa_supplicant", "-u", env=bus.environment())

    def _start(self, namespace, program, *arguments, **options):
        path = self.folder / f"{program}.log"
        self.lab.daemons[program] = Log(path)
        with open(path, "a") as log:
            return namespace.start(program, "-t", *arguments, stdout=log, stderr=log, **options)

    def _hostapd_cli(self, *arguments):
        return self.router.run("hostapd_cli", "-p", self.folder / "hostapd", *arguments, check=False).stdout

    # What the access point does

    def deauthenticate(self):
        """Sends everybody away; they may come back at once."""
        assert self._hostapd_cli("deauthenticate", "ff:ff:ff:ff:ff:ff").endswith("OK\n")

    def fade(self):
        """Nothing of it is heard any more, nor does it hear anything."""
        self.radio.silence()

    def come_back(self):
        self.radio.silence(False)


class Log:
    def __init__(self, path):
        self.path = path

    def log(self):
        return self.path.read_text(errors="replace")
