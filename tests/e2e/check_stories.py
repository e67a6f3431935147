# SPDX-License-Identifier: Apache-2.0
"""roamctl check: every mistake in a configuration is named with file, line and key. Needs no daemon and no gateway."""
import json
import subprocess

from tests.lab import tools
from tests.lab.roamd import psk_config

from .story import HOST, story


def check(path):
    return subprocess.run([tools.path("roamctl"), "check", path], text=True, capture_output=True)


def good(lab):
    folder = lab.folder / "tunnels.d"
    folder.mkdir(exist_ok=True)
    return folder / "home.json", psk_config(folder)


def refused(lab, config_text, line, key, words=()):
    """The file with this text is refused at that line for that key."""
    path = lab.folder / "tunnels.d/home.json"
    path.write_text(config_text)
    done = check(path)
    said = done.stdout + done.stderr
    assert done.returncode != 0, f"accepted: {config_text}"
    assert f"home.json:{line}: {key}: " in said, f"not 'home.json:{line}: {key}: ...' but: {said}"
    for word in words:
        assert word in said, f"{word!r} is not in: {said}"


def with_line(config, old, new):
    """The configuration as text with one piece replaced, and the number of the line that has the new one."""
    text = json.dumps(config, indent=2)
    assert old in text
    text = text.replace(old, new)
    return text, 1 + next(i for i, line in enumerate(text.splitlines()) if new.split("\n")[0].strip() in line)


@story("a good configuration passes roamctl check", machines=(HOST,), sanitized=True)
def good_file(lab):
    path, config = good(lab)
    path.write_text(json.dumps(config, indent=2))
    done = check(path)
    assert done.returncode == 0, done.stdout + done.stderr


@story("an unknown key is refused, with the key that was probably meant", machines=(HOST,))
def unknown_key(lab):
    _, config = good(lab)
    text, line = with_line(config, '"gateway"', '"gatway"')
    refused(lab, text, line, "gatway", ["gateway"])


@story("a wrong type, a bad duration, a bad prefix and a bad proposal are refused, each at its line", machines=(HOST,), sanitized=True)
def wrong_values(lab):
    _, config = good(lab)
    config.update(dpd="30s", mistake=1)
    del config["mistake"]
    for old, new, key in (('"dpd": "30s"', '"dpd": 30', "dpd"), ('"dpd": "30s"', '"dpd": "soon"', "dpd"),
                          ('"10.20.0.0/24"', '"10.20.0.0/64"', "remote_ts"), ('"fd20::/64"', '"fd20:::/64"', "remote_ts")):
        text, line = with_line(config, old, new)
        refused(lab, text, line, key)


@story("a missing secret and a secret that others can read are refused", machines=(HOST,))
def secrets(lab):
    path, config = good(lab)
    text, line = with_line(config, '"home.psk"', '"nowhere.psk"')
    refused(lab, text, line, "psk_file", ["nowhere.psk"])
    (path.parent / "home.psk").chmod(0o644)
    text, line = with_line(config, '"home.psk"', '"home.psk"')
    refused(lab, text, line, "psk_file", ["chmod"])


@story("text that is no JSON is refused at its line", machines=(HOST,))
def broken_json(lab):
    path, _ = good(lab)
    path.write_text('{\n  "gateway": "203.0.113.10",\n  "local": {\n')
    done = check(path)
    assert done.returncode != 0 and "home.json:" in done.stdout + done.stderr


@story("a daemon with a bad configuration ends with exit code 2 and the same words", machines=(HOST,))
def daemon_refuses(lab):
    path, config = good(lab)
    config["gatway"] = config.pop("gateway")
    path.write_text(json.dumps(config, indent=2))
    done = subprocess.run([tools.path("roamd"), "--config-dir", path.parent, "--runtime-dir", lab.folder / "run", "--bus", "none",
                           "--connect", "home"], text=True, capture_output=True, timeout=20)
    assert done.returncode == 2, f"exit code {done.returncode}"
    assert "gatway" in done.stderr
