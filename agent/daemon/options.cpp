// SPDX-License-Identifier: Apache-2.0
#include "agent/daemon/options.hpp"

#include "agent/base/journal.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace agent {

namespace {

constexpr const char* what = "roamd keeps an IKEv2 VPN alive while the laptop moves (RFC 4555).";
constexpr const char* footer =
    "Exit codes: 0 stopped; 1 the system refused something; 2 wrong arguments or configuration;\n"
    "3 the tunnel of --connect could not be made. Once made it is made anew until roamd is "
    "stopped.";

std::optional<std::string> chosen_bus(const std::string& text) {
    return text == "none" ? std::nullopt : std::optional(text);
}

/// A bus that is not there may come; a text that is no address never does.
std::string fault_of_bus(const std::string& text) {
    constexpr std::array<std::string_view, 4> words{"system", "session", "none", "same"};
    const bool known = std::ranges::find(words, text) != words.end();
    return known || text.find(':') != std::string::npos
               ? ""
               : text + " is not system, session, none or an address like unix:path=/run/x/bus";
}

}  // namespace

void describe(CLI::App& app, OptionTexts& texts) {
    app.name("roamd");
    app.description(what);
    app.footer(footer);
    app.set_version_flag("--version", ROAMD_VERSION);
    app.add_option("--config-dir", texts.config_dir, "where the tunnels are: NAME.json")
        ->capture_default_str();
    app.add_option("--runtime-dir", texts.runtime_dir, "for what lasts until the next boot")
        ->capture_default_str();
    app.add_option("--bus", texts.bus, "system, session, none, or an address: unix:path=/run/x/bus")
        ->capture_default_str()
        ->check(fault_of_bus);
    app.add_option("--services-bus", texts.services,
                   "where NetworkManager, systemd-resolved and systemd-logind are: same as --bus,\n"
                   "system, session, none, or an address")
        ->capture_default_str()
        ->check(fault_of_bus);
    app.add_option("--connect", texts.connect,
                   "in the foreground: connect this tunnel, and end if that fails");
    app.add_option("--log-level", texts.level, "trace, debug, info, warning or error")
        ->capture_default_str()
        ->check(CLI::IsMember({"trace", "debug", "info", "warning", "error"}));
}

std::variant<Options, ExitCode> parse_options(int argc, const char* const* argv) {
    OptionTexts texts;
    CLI::App app;
    describe(app, texts);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_clean : exit_usage;
    }
    Options options;
    options.config_dir = texts.config_dir;
    options.runtime_dir = texts.runtime_dir;
    options.bus = chosen_bus(texts.bus);
    options.services_bus = texts.services == "same" ? options.bus : chosen_bus(texts.services);
    if (!texts.connect.empty()) {
        options.connect = texts.connect;
    }
    options.log_level = parse_level(texts.level).value_or(ike::Level::info);
    return options;
}

}  // namespace agent
