// SPDX-License-Identifier: Apache-2.0
#include "agent/recovery/plain_network.hpp"

#include "agent/guard/nftables.hpp"
#include "agent/guard/ruleset.hpp"

#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

namespace agent {

using ike::Fail;

namespace {

std::optional<SystemError> take_protection_away(TakenAway& taken) {
    const auto protections = guard::tunnels_with_chains();
    if (!protections) {
        return std::nullopt;  // without nftables there is none
    }
    taken.protections = *protections;
    std::optional<SystemError> error;
    for (const std::string_view family : {"inet", "arp"}) {
        const auto removed = guard::commit(guard::transaction_to_remove(family));
        if (!removed && !protections->empty() && family == "inet") {
            error = SystemError{"remove the table inet roamd: " + removed.error().text, 0,
                                "nft delete table inet roamd"};
        }
    }
    return error;
}

/// The daemon writes a file for each tunnel that is wanted.
std::optional<SystemError> forget_wishes(const std::filesystem::path& folder, TakenAway& taken) {
    std::error_code none;
    std::vector<std::filesystem::path> files;
    for (const auto& file : std::filesystem::directory_iterator(folder, none)) {
        if (file.path().extension() == ".json") {
            files.push_back(file.path());
        }
    }
    std::optional<SystemError> error;
    for (const auto& file : files) {
        std::error_code failed;
        if (std::filesystem::remove(file, failed)) {
            ++taken.wishes;
        } else if (failed && !error) {
            error = SystemError{"remove " + file.string(), failed.value(), {}};
        }
    }
    return error;
}

}  // namespace

/// Wishes first: whatever fails then, the next start of the daemon brings nothing back.
ike::Result<TakenAway, SystemError> take_all_away(const std::filesystem::path& runtime_dir) {
    TakenAway taken;
    auto error = forget_wishes(runtime_dir, taken);
    const auto kernel = remove_leftovers();
    if (kernel) {
        taken.kernel = *kernel;
    } else if (!error) {
        error = kernel.error();
    }
    if (auto failed = take_protection_away(taken); failed && !error) {
        error = failed;
    }
    return error ? ike::Result<TakenAway, SystemError>(Fail{*error}) : taken;
}

}  // namespace agent
