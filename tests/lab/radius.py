# SPDX-License-Identifier: Apache-2.0
"""FreeRADIUS on the gateway's machine, as the EAP server behind charon's eap-radius plugin. Unpacked, not installed."""
from . import gateway, tools
from .wait import wait_until

ROOT = tools.ROOT / "build/freeradius"  # tests/lab/fetch
PROGRAM = ROOT / "usr/sbin/freeradius"
LIBRARIES = ROOT / "usr/lib/freeradius"
PLUGINS = ("eap-identity", "eap-radius")
SERVER_ID = "radius.lab"
SECRET = "a secret of the gateway and its RADIUS server"
# From TLS, since the gateway's first request is for the method of whom it knows nothing.
METHODS = ("tls", "peap-mschapv2", "ttls-mschapv2", "ttls-pap", "mschapv2", "gtc", "md5")

CHARON_OPTIONS = f"""plugins {{
        eap-radius {{
            servers {{
                lab {{
                    address = 127.0.0.1
                    secret = "{SECRET}"
                }}
            }}
        }}
    }}
"""
MODULES = """authorize {
        files
        mschap
        eap {
            ok = return
        }
        pap
    }
    authenticate {
        Auth-Type PAP {
            pap
        }
        Auth-Type MS-CHAP {
            mschap
        }
        eap
    }
"""
RADIUSD_CONF = """
prefix = /usr
libdir = {libraries}
raddbdir = {folder}
run_dir = {folder}
db_dir = {folder}
logdir = {folder}
name = radiusd
hostname_lookups = no
proxy_requests = no
security {{
    allow_core_dumps = no
}}
log {{
    destination = stdout
}}
client gateway {{
    ipaddr = 127.0.0.1
    secret = "{secret}"
}}
modules {{
    files {{
        filename = {folder}/users
    }}
    pap {{
    }}
    mschap {{
    }}
    eap {{
        default_eap_type = tls
        md5 {{
        }}
        gtc {{
            auth_type = PAP
        }}
        mschapv2 {{
        }}
        tls-config lab {{
            private_key_file = {key}
            certificate_file = {certificate}
            ca_file = {ca}
            tls_min_version = "{tls}"
            tls_max_version = "{tls}"
            fragment_size = 500
            ecdh_curve = ""
            cache {{
                enable = no
            }}
        }}
        tls {{
            tls = lab
        }}
        ttls {{
            tls = lab
            virtual_server = inner
        }}
        peap {{
            tls = lab
            default_eap_type = mschapv2
            virtual_server = inner
        }}
    }}
}}
server outer {{
    listen {{
        type = auth
        ipaddr = 127.0.0.1
        port = 1812
    }}
    {modules}
}}
server inner {{
    {modules}
}}
"""


def missing():
    return "" if PROGRAM.exists() else "FreeRADIUS (tests/lab/fetch unpacks it)"


def authentication(certificates):
    """What the gateway of the laboratory asks of clients that log in with this server; itself it shows a certificate."""
    password = gateway.password(certificates, certificates.gateway("ecdsa"))
    return gateway.Authentication(password.local, "auth = eap-radius\neap_id = %any", "", password.keys, PLUGINS)


class Radius:
    """Started at once, speaking this version of TLS. It ends with the sandbox."""

    def __init__(self, lab, tls):
        self.folder = lab.folder / f"radius-{tls}"
        self.folder.mkdir()
        self.log_path = self.folder / "log"
        name = lab.certificates.gateway("rsa", identity=SERVER_ID)
        (self.folder / "radiusd.conf").write_text(RADIUSD_CONF.format(
            libraries=LIBRARIES, folder=self.folder, secret=SECRET, tls=tls, modules=MODULES, ca=lab.certificates.ca(),
            certificate=lab.certificates.certificate(name), key=lab.certificates.key(name)))
        (self.folder / "users").write_text(f'{gateway.USER} Cleartext-Password := "{gateway.PASSWORD}"\n')
        lab.daemons["FreeRADIUS"] = self
        libraries = f"LD_LIBRARY_PATH={LIBRARIES}:{ROOT}/usr/lib/x86_64-linux-gnu"
        with open(self.log_path, "w") as log:
            self.process = lab.network.gateway.start("env", libraries, PROGRAM, "-f", "-x", "-d", self.folder, "-D",
                                                     ROOT / "usr/share/freeradius", stdout=log, stderr=log)
        wait_until(lambda: "Ready to process requests" in self.log(), 20, "FreeRADIUS to listen")

    def log(self):
        return self.log_path.read_text(errors="replace")

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
