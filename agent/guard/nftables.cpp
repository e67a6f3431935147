// SPDX-License-Identifier: Apache-2.0
#include "agent/guard/nftables.hpp"

#include "agent/guard/ruleset.hpp"

#include <linux/netlink.h>
#include <nlohmann/json.hpp>

#include <nftables/libnftables.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>

namespace agent::guard {

using ike::Fail;

namespace {

struct FreeContext {
    void operator()(nft_ctx* context) const { ::nft_ctx_free(context); }
};

/// libnftables ends the process when it gets no socket, so whether there is one is tried before.
NftablesResult<void> netfilter_is_there() {
    const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
    if (fd < 0) {
        return Fail{NftablesError{"the kernel has no netfilter for us: " +
                                  std::generic_category().message(errno)}};
    }
    ::close(fd);
    return {};
}

std::string first_line(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

/// What it prints; `flags` are those of the output.
NftablesResult<std::string> run(const std::string& commands, unsigned flags) {
    if (auto there = netfilter_is_there(); !there) {
        return Fail{there.error()};
    }
    const std::unique_ptr<nft_ctx, FreeContext> context(::nft_ctx_new(NFT_CTX_DEFAULT));
    if (!context || ::nft_ctx_buffer_output(context.get()) != 0 ||
        ::nft_ctx_buffer_error(context.get()) != 0) {
        return Fail{NftablesError{"libnftables has no memory"}};
    }
    ::nft_ctx_output_set_flags(context.get(), flags);
    if (::nft_run_cmd_from_buffer(context.get(), commands.c_str()) != 0) {
        const std::string error = first_line(::nft_ctx_get_error_buffer(context.get()));
        return Fail{NftablesError{error.empty() ? "nftables refused it without a word" : error}};
    }
    return std::string(::nft_ctx_get_output_buffer(context.get()));
}

bool has_table(const std::string& tables, std::string_view family) {
    const std::string wanted = "table " + std::string(family) + " " + std::string(table_name);
    std::size_t line = 0;
    while (line < tables.size()) {
        const std::size_t end = std::min(tables.find('\n', line), tables.size());
        if (tables.compare(line, end - line, wanted) == 0) {
            return true;
        }
        line = end + 1;
    }
    return false;
}

/// Runs `list table` for each of ours that is there, and gives what it prints one after another.
template <class Take>
NftablesResult<void> list_tables(unsigned flags, const Take& take) {
    const auto tables = run("list tables", 0);
    if (!tables) {
        return Fail{tables.error()};
    }
    for (const std::string_view family : {"inet", "arp"}) {
        if (!has_table(*tables, family)) {
            continue;
        }
        const auto listed =
            run("list table " + std::string(family) + " " + std::string(table_name), flags);
        if (!listed) {
            return Fail{listed.error()};
        }
        take(*listed);
    }
    return {};
}

}  // namespace

NftablesResult<void> commit(const std::string& transaction) {
    const auto done = run(transaction, NFT_CTX_OUTPUT_JSON);
    return done ? NftablesResult<void>() : Fail{done.error()};
}

NftablesResult<std::string> listing() {
    std::string all;
    const auto done = list_tables(NFT_CTX_OUTPUT_STATELESS | NFT_CTX_OUTPUT_NUMERIC_ALL,
                                  [&](const std::string& table) { all += table; });
    return done ? NftablesResult<std::string>(all) : Fail{done.error()};
}

NftablesResult<std::set<std::string>> tunnels_with_chains() {
    std::set<std::string> tunnels;
    const auto done = list_tables(NFT_CTX_OUTPUT_JSON, [&](const std::string& table) {
        const auto json = nlohmann::json::parse(table, nullptr, false);
        if (!json.is_object() || !json.contains("nftables")) {
            return;
        }
        for (const auto& object : json["nftables"]) {
            if (object.is_object() && object.contains("chain")) {
                const auto name = object["chain"].value("name", "");
                if (const auto tunnel = tunnel_of(name)) {
                    tunnels.insert(*tunnel);
                }
            }
        }
    });
    return done ? NftablesResult<std::set<std::string>>(tunnels) : Fail{done.error()};
}

}  // namespace agent::guard
