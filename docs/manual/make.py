#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the manual pages and the completions of three shells from the sources that say the same elsewhere: the programs' own command
lines (command_lines.cpp), docs/configuration.md, agent/api/net.roamd.xml, and the texts of this folder.

    docs/manual/make.py COMMAND_LINES.json VERSION FOLDER
"""
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]


# --- roff ---

def escaped(text):
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga").replace("^", "\\(ha").replace("~", "\\(ti")
    return re.sub(r"^\.", r"\\&.", text, flags=re.M)


def inline(text):
    """`code` and **words** become bold, a link its text."""
    parts = re.split(r"(`[^`]+`|\*\*[^*]+\*\*|\[[^]]*\]\([^)]*\))", text)
    return "".join(bold(part) if part else "" for part in parts)


def bold(part):
    if part[0] == "`" and len(part) > 1:
        return f"\\fB{escaped(part.strip('`'))}\\fR"
    if part.startswith("**"):
        return f"\\fB{escaped(part[2:-2])}\\fR"
    if link := re.fullmatch(r"\[([^]]*)\]\([^)]*\)", part):
        return inline(link[1])
    return escaped(part)


def verbatim(lines):
    return [".PP", ".RS 4", ".nf", *(escaped(line) for line in lines), ".fi", ".RE"]


def item(head, text):
    return [".TP", head, inline(text) or "\\&"]


def row(line):
    """A table's row as an item: its first cell is the head, the last one says what holds without it."""
    cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
    rest = cells[1] + (f". Without it: {cells[2]}." if len(cells) > 2 and cells[2] else "")
    return item(inline(cells[0]), rest)


def blocks(text):
    """Paragraphs, lists, tables and code of Markdown, as lists of lines."""
    block, fenced = [], False
    for line in text.splitlines() + [""]:
        if line.startswith("```"):
            fenced = not fenced
            if not fenced:
                yield "code", block
                block = []
        elif fenced:
            block.append(line)
        elif line.strip():
            block.append(line)
        elif block:
            yield kind_of(block), block
            block = []


def kind_of(block):
    first = block[0]
    for kind, start in (("heading", "#"), ("table", "|"), ("code", "    "), ("list", "- ")):
        if first.startswith(start):
            return kind
    return "paragraph"


def roff(text):
    """Markdown as these documents write it, as lines of man(7)."""
    out = []
    for kind, lines in blocks(text):
        if kind == "heading":
            out += [f".SH {escaped(lines[0].lstrip('# ').upper())}"]
        elif kind == "table":
            out += [line for each in lines[2:] for line in row(each)]
        elif kind == "code":
            out += verbatim([line.removeprefix("    ") for line in lines])
        elif kind == "list":
            for entry in re.split(r"^- ", "\n".join(lines), flags=re.M)[1:]:
                out += item("\\(bu", " ".join(entry.split()))
        else:
            out += [".PP", inline(" ".join(line.strip() for line in lines))]
    return out


def page(name, section, version, lines):
    head = [".\\\" Made by docs/manual/make.py.", f'.TH {name.upper()} {section} "" "roamd {version}" "roamd"']
    return "\n".join([*head, *lines]) + "\n"


def purpose(name, text):
    return [".SH NAME", f"{escaped(name)} \\- {escaped(text)}"]


# --- the programs ---

def spelled(option):
    """As a person writes it: --timeout SECONDS."""
    if option["positional"]:
        return option["positional"]
    return ", ".join([f"-{short}" for short in option["short"]] + [f"--{long}" for long in option["long"]])


def synopsis(command):
    words = [option["positional"] if option["required"] else f"[{option['positional']}]"
             for option in command["options"] if option["positional"]]
    if any(not option["positional"] and option["long"] != ["help"] for option in command["options"]):
        words.insert(0, "[OPTION]...")
    return " ".join([command["name"], *words])


def option_items(options):
    lines = []
    for option in options:
        if not option["positional"]:
            value = " \\fIVALUE\\fR" if option["takes_value"] else ""
            default = f" (default: {option['default']})" if option["default"] else ""
            lines += item(f"\\fB{escaped(spelled(option))}\\fR{value}", " ".join(option["text"].split()) + default)
    return lines


def command_items(program):
    lines = []
    for command in program["commands"]:
        lines += item(f"\\fB{escaped(synopsis(command))}\\fR", " ".join(command["text"].split()))
        own = [option for option in command["options"] if option["long"] != ["help"]]
        lines += [".RS", *option_items(own), ".RE"]
    return lines


def exit_status(footer):
    return [".SH EXIT STATUS", ".nf", *(escaped(line.strip()) for line in footer.strip().splitlines()), ".fi"]


def program_page(program, section, version, short, text):
    """The handwritten text has one heading or more; what the program says of itself goes before its second one."""
    parts = re.split(r"(?m)^(?=# )", text)
    lines = [*purpose(program["name"], short), ".SH SYNOPSIS", f".B {escaped(program['name'])}",
             "[\\fIOPTION\\fR]..." + (" \\fICOMMAND\\fR [\\fIARGUMENT\\fR]..." if program["commands"] else "")]
    lines += roff(parts[1])
    if program["commands"]:
        lines += [".SH COMMANDS", *command_items(program)]
    lines += [".SH OPTIONS", *option_items(program["options"]), *exit_status(program["footer"])]
    return page(program["name"], section, version, lines + roff("".join(parts[2:])))


# --- the D-Bus interface ---

def dbus_page(version):
    text = (ROOT / "agent/api/net.roamd.xml").read_text()
    parser = ElementTree.XMLParser(target=ElementTree.TreeBuilder(insert_comments=True))
    node = ElementTree.fromstring(text, parser)
    overview = re.findall(r"<!--(.*?)-->", text[:text.index("<node>")], flags=re.S)[-1]
    lines = [*purpose("net.roamd", "the D-Bus interface of roamd"), ".SH DESCRIPTION", *verbatim(clean(overview))]
    for interface in node.findall("interface"):
        lines += [f".SH {escaped(interface.get('name').upper())}"]
        said = ""
        for member in interface:
            if member.tag is ElementTree.Comment:
                said = " ".join(member.text.split())
            else:
                lines += item(f"\\fB{escaped(member.get('name'))}\\fR {escaped(signature(member))}", said)
                said = ""
    return page("net.roamd", 7, version, lines + roff(more("net.roamd.7.md")))


def clean(comment):
    return [line.removeprefix("  ").rstrip() for line in comment.strip("\n").splitlines()]


def signature(member):
    arguments = {way: [f"{arg.get('type')} {arg.get('name')}" for arg in member.findall("arg") if arg.get("direction", "out") == way]
                 for way in ("in", "out")}
    if member.tag == "property":
        return f"(property, {member.get('type')})"
    if member.tag == "signal":
        return f"(signal: {', '.join(arguments['out'])})"
    return f"({', '.join(arguments['in'])}) -> ({', '.join(arguments['out'])})"


def more(name):
    return (HERE / name).read_text()


# --- completion ---

def quoted(text):
    return "'" + " ".join(text.split()).replace("'", "'\\''") + "'"


def words_of(options):
    return [f"--{long}" for option in options for long in option["long"]]


def valued(program):
    every = program["options"] + [option for command in program["commands"] for option in command["options"]]
    return sorted({f"--{long}" for option in every if option["takes_value"] for long in option["long"]})


def places(program, kind):
    """The commands whose argument is of that kind: NAME or FILE."""
    return [command["name"] for command in program["commands"]
            for option in command["options"] if option["positional"] == kind]


def bash(programs):
    for program in programs:
        options = {command["name"]: words_of(command["options"]) for command in program["commands"]}
        cases = "\n".join(f"        {name}) words={quoted(' '.join(words))} ;;" for name, words in sorted(options.items()))
        yield program["name"], more("completion/bash").format(
            program=program["name"], function=f"_{program['name']}", general=quoted(" ".join(words_of(program["options"]))),
            commands=quoted(" ".join(options)), valued="|".join(valued(program)), cases=cases,
            named="|".join(places(program, "NAME")) or "-", filed="|".join(places(program, "FILE")) or "-")


def zsh_options(options):
    for option in options:
        for long in option["long"]:
            text = " ".join(option["text"].split()).replace("[", "(").replace("]", ")").replace("'", "'\\''")
            yield f"'--{long}{'=' if option['takes_value'] else ''}[{text}]" + (":value:_files'" if option["takes_value"] else "'")


def zsh(programs):
    for program in programs:
        commands = "\n".join(f"        {quoted(command['name'] + ':' + command['text'].replace(':', ' -'))}" for command in program["commands"])
        cases = []
        for command in program["commands"]:
            kinds = [option["positional"] for option in command["options"] if option["positional"]]
            words = [*zsh_options(command["options"]), *(f"'1:{kind.lower()}:{'_roamd_tunnels' if kind == 'NAME' else '_files'}'" for kind in kinds)]
            cases.append(f"        {command['name']}) _arguments {' '.join(words)} ;;")
        yield program["name"], more("completion/zsh" if commands else "completion/zsh-options").format(
            program=program["name"], options=" ".join(zsh_options(program["options"])), commands=commands, cases="\n".join(cases))


def fish(programs):
    for program in programs:
        lines = [f"# Completion of {program['name']} for fish. Made by docs/manual/make.py."]
        start = f"complete -c {program['name']}"
        for option in program["options"]:
            lines += fish_options(start, option)
        for command in program["commands"]:
            lines.append(f"{start} -n __fish_use_subcommand -f -a {command['name']} -d {quoted(command['text'])}")
            inside = f"{start} -n '__fish_seen_subcommand_from {command['name']}'"
            for option in command["options"]:
                lines += fish_options(inside, option)
                if option["positional"] == "NAME":
                    lines.append(f"{inside} -f -a \"(roamctl list 2>/dev/null | tail -n +2 | string match -r '^\\S+')\"")
        yield program["name"], "\n".join(lines) + "\n"


def fish_options(start, option):
    return [f"{start} -l {long}{' -r' if option['takes_value'] else ''} -d {quoted(option['text'])}" for long in option["long"]]


def main(command_lines, version, folder):
    programs = json.loads(pathlib.Path(command_lines).read_text())
    roamd, roamctl = programs
    files = {
        "man/roamd.8": program_page(roamd, 8, version, "keeps an IKEv2 VPN alive while the laptop moves", more("roamd.8.md")),
        "man/roamctl.1": program_page(roamctl, 1, version, "see and command the tunnels of roamd", more("roamctl.1.md")),
        "man/roamd-tunnel.5": page("roamd-tunnel", 5, version, [
            *purpose("roamd-tunnel", "how a tunnel of roamd is described"), ".SH DESCRIPTION",
            *roff((ROOT / "docs/configuration.md").read_text().split("\n", 1)[1]), *roff(more("roamd-tunnel.5.md"))]),
        "man/net.roamd.7": dbus_page(version),
        **{f"bash/{name}": text for name, text in bash(programs)},
        **{f"zsh/_{name}": text for name, text in zsh(programs)},
        **{f"fish/{name}.fish": text for name, text in fish(programs)},
    }
    for name, text in files.items():
        path = pathlib.Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
