// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/replay_text.hpp"

#include "agent/ctl/reason_text.hpp"
#include "agent/ctl/table.hpp"
#include "ike/base/overloaded.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>

namespace agent::ctl {

using ike::session::AddressPair;
using Json = nlohmann::ordered_json;

namespace {

PathStatus path_status(const std::string& interface, const AddressPair& addresses) {
    return {interface, {addresses.local, 0}, {addresses.remote, 0}};
}

/// Why the path in use before was left, or kept waiting.
std::string why(const ReplayStep& step, const std::string& reason, const PathStatus& to) {
    RoamRecord roam;
    roam.reason = reason;
    if (step.before) {
        roam.from = path_status(step.interface_before, *step.before);
    }
    roam.to = to;
    return reason_text(roam);
}

std::string take_text(const ReplayStep& step, const TakePath& path) {
    const std::string way =
        path.interface + ", " + path.addresses.local.text() + " -> " + path.addresses.remote.text();
    if (!step.before) {
        return "takes " + way;
    }
    const bool forced = path.kind == ike::session::MoveKind::forced;
    return (forced ? "leaves " : "goes from ") + step.interface_before +
           (forced ? " at once for " : ", which still works, to ") + way + ": " +
           why(step, path.reason, path_status(path.interface, path.addresses));
}

std::string hold_text(const ReplayStep& step, const HoldPath& hold) {
    const std::string begin = step.before ? "holds: " : "waits: ";
    if (hold.reason == name(netwatch::RoamReason::portal)) {
        return begin + "there is a captive portal on all there is";
    }
    if (hold.reason == name(netwatch::RoamReason::limited)) {
        return begin + "NetworkManager finds no internet behind all there is";
    }
    return begin + why(step, hold.reason, {});
}

std::string seconds(MonotonicTime time) {
    std::array<char, 32> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "%.4f s",
                  std::chrono::duration<double>(time).count());
    return buffer.data();
}

Json json(const std::string& tunnel, const ReplayStep& step) {
    Json object{{"tunnel", tunnel},
                {"time_us", step.time.count()},
                {"generation", step.generation},
                {"waited", step.waited}};
    std::visit(ike::Overloaded{
                   [&](const KeepPath&) { object["decision"] = "keep"; },
                   [&](const TakePath& path) {
                       const bool forced = path.kind == ike::session::MoveKind::forced;
                       object["decision"] = "move";
                       object["kind"] = forced ? "forced" : "preferred";
                       object["reason"] = path.reason;
                       object["interface"] = path.interface;
                       object["local"] = path.addresses.local.text();
                       object["remote"] = path.addresses.remote.text();
                   },
                   [&](const HoldPath& hold) {
                       object["decision"] = "hold";
                       object["reason"] = hold.reason;
                   },
               },
               step.choice);
    object["text"] = decision_text(step);
    return object;
}

}  // namespace

std::string decision_text(const ReplayStep& step) {
    return std::visit(ike::Overloaded{
                          [&](const KeepPath&) { return "stays on " + step.interface_before; },
                          [&](const TakePath& path) { return take_text(step, path); },
                          [&](const HoldPath& hold) { return hold_text(step, hold); },
                      },
                      step.choice);
}

std::string replay_text(const std::vector<TunnelReplay>& replays) {
    std::string text;
    for (const auto& [tunnel, steps] : replays) {
        text += (text.empty() ? "" : "\n") + printable(tunnel.name) + "\n";
        std::vector<std::vector<std::string>> rows{{"TIME", "SNAPSHOT", "DECISION"}};
        for (const ReplayStep& step : steps) {
            rows.push_back({seconds(step.time - steps.front().time),
                            std::to_string(step.generation) + (step.waited ? ", later" : ""),
                            printable(decision_text(step))});
        }
        text += table(rows);
    }
    return text;
}

std::string replay_json(const std::vector<TunnelReplay>& replays) {
    Json all = Json::array();
    for (const auto& [tunnel, steps] : replays) {
        for (const ReplayStep& step : steps) {
            all.push_back(json(tunnel.name, step));
        }
    }
    return all.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace agent::ctl
