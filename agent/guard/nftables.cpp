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

/// The output of the commands; `flags` are those of the output.
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

std::string list_table(std::string_view family, unsigned flags) {
    const auto listed =
        run("list table " + std::string(family) + " " + std::string(table_name), flags);
    return listed ? *listed : "";
}

}  // namespace

NftablesResult<void> commit(const std::string& transaction) {
    const auto done = run(transaction, NFT_CTX_OUTPUT_JSON);
    return done ? NftablesResult<void>() : Fail{done.error()};
}

std::string listing() {
    constexpr unsigned flags = NFT_CTX_OUTPUT_STATELESS | NFT_CTX_OUTPUT_NUMERIC_ALL;
    return list_table("inet", flags) + list_table("arp", flags);
}

NftablesResult<std::set<std::string>> tunnels_with_chains() {
    const auto chains = run("list chains", NFT_CTX_OUTPUT_JSON);
    if (!chains) {
        return Fail{chains.error()};
    }
    std::set<std::string> tunnels;
    const auto json = nlohmann::json::parse(*chains, nullptr, false);
    if (!json.is_object() || !json.contains("nftables")) {
        return tunnels;
    }
    for (const auto& object : json["nftables"]) {
        if (object.is_object() && object.contains("chain") &&
            object["chain"].value("table", "") == table_name) {
            if (const auto tunnel = tunnel_of(object["chain"].value("name", ""))) {
                tunnels.insert(*tunnel);
            }
        }
    }
    return tunnels;
}

}  // namespace agent::guard
