// SPDX-License-Identifier: Apache-2.0
#include "agent/config/tunnel_config.hpp"
#include "agent/ctl/client.hpp"
#include "agent/ctl/commands.hpp"
#include "agent/ctl/replay_text.hpp"
#include "agent/ctl/table.hpp"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>

namespace agent::ctl {

namespace {

ExitCode complain(const std::string& what) {
    std::cerr << "roamctl: " << printable(what) << "\n";
    return exit_usage;
}

std::optional<std::string> read_file(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    std::error_code error;
    if (!stream || std::filesystem::file_size(file, error) > max_recording_size || error) {
        return std::nullopt;
    }
    return std::string(std::istreambuf_iterator<char>(stream), {});
}

/// The tunnel of a file: what it says itself, and for a name the addresses that the recording
/// knows.
RecordedTunnel configured(const TunnelConfig& config, const Recording& recording) {
    RecordedTunnel tunnel;
    const auto known = std::ranges::find(recording.tunnels, config.name, &RecordedTunnel::name);
    if (known != recording.tunnels.end()) {
        tunnel = *known;
    }
    tunnel.name = config.name;
    tunnel.dwell = config.dwell;
    if (const auto address = ike::IpAddress::parse(config.gateway)) {
        tunnel.gateways = {*address};
    }
    return tunnel;
}

ike::Result<std::vector<RecordedTunnel>, std::string> tunnels_of(
    const Recording& recording, const std::filesystem::path& config_file) {
    if (config_file.empty()) {
        return recording.tunnels;
    }
    const auto config = load_tunnel_config(config_file);
    if (!config) {
        return ike::Fail{text(config.error())};
    }
    return std::vector{configured(*config, recording)};
}

}  // namespace

ExitCode record(const Context& context) {
    auto client = Client::open(context.bus);
    if (!client) {
        return fail(client.error());
    }
    const auto recording = client->recording();
    if (!recording) {
        return fail(recording.error());
    }
    std::cout << *recording;
    return exit_done;
}

ExitCode replay(const Context& context, const std::filesystem::path& file,
                const std::filesystem::path& config) {
    const auto text = read_file(file);
    if (!text) {
        return complain("cannot read " + file.string());
    }
    const auto recording = parse_recording(*text);
    if (!recording) {
        return complain(file.string() + ": " + recording.error().text());
    }
    const auto tunnels = tunnels_of(*recording, config);
    if (!tunnels) {
        return complain(tunnels.error());
    }
    std::vector<TunnelReplay> replays;
    for (const RecordedTunnel& tunnel : *tunnels) {
        if (!tunnel.gateways.empty()) {
            replays.push_back({tunnel, agent::replay(*recording, tunnel)});
        }
    }
    if (replays.empty()) {
        return complain("no address of a gateway is in " + file.string() +
                        "; give a tunnel file that has one with --config");
    }
    std::cout << (context.json ? replay_json(replays) + "\n" : replay_text(replays));
    return exit_done;
}

}  // namespace agent::ctl
