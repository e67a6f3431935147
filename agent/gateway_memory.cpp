// SPDX-License-Identifier: Apache-2.0
#include "agent/gateway_memory.hpp"

#include "agent/json_tree.hpp"
#include "agent/secrets.hpp"
#include "netwatch/fd.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <variant>

namespace agent {

namespace {

constexpr std::string_view gateways_key = "gateways";

std::error_code last_code() {
    return {errno, std::generic_category()};
}

/// A file of that name with this content, or as it was before.
std::error_code replace_file(const std::filesystem::path& file, std::string_view content) {
    const std::string fresh = file.string() + ".new";
    (void)::unlink(fresh.c_str());
    const netwatch::Fd fd(
        ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fd) {
        return last_code();
    }
    const ssize_t written = ::write(fd.get(), content.data(), content.size());
    if (written != static_cast<ssize_t>(content.size())) {
        return written < 0 ? last_code() : std::make_error_code(std::errc::no_space_on_device);
    }
    return ::rename(fresh.c_str(), file.c_str()) == 0 ? std::error_code() : last_code();
}

}  // namespace

void GatewayMemory::remember(const std::string& tunnel,
                             const std::vector<ike::IpAddress>& gateways) const {
    (void)::mkdir(folder_.c_str(), 0700);
    if (const auto error = replace_file(file(tunnel), gateways_json(gateways))) {
        log_.warning(
            "after a crash it would not be known that the tunnel was connected, nor where its "
            "gateway is",
            {{"file", file(tunnel).string()}, {"error", error.message()}});
    }
}

std::vector<ike::IpAddress> GatewayMemory::recall(const std::string& tunnel) const {
    const auto path = file(tunnel);
    if (!has(tunnel)) {
        return {};
    }
    const auto content = read_secret(path);
    if (!content) {
        log_.warning("the addresses in a file are not used", {{"error", content.error().what}});
        return {};
    }
    const ike::ByteView bytes = content->view();
    auto gateways = parse_gateways({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    if (gateways.empty()) {
        log_.warning("there are no addresses of a gateway in a file", {{"file", path.string()}});
    }
    return gateways;
}

bool GatewayMemory::has(const std::string& tunnel) const {
    std::error_code missing;
    return std::filesystem::exists(std::filesystem::symlink_status(file(tunnel), missing));
}

void GatewayMemory::forget(const std::string& tunnel) const {
    if (::unlink(file(tunnel).c_str()) != 0 && errno != ENOENT) {
        log_.warning("a file is left behind",
                     {{"file", file(tunnel).string()}, {"error", last_code().message()}});
    }
}

std::filesystem::path GatewayMemory::file(const std::string& tunnel) const {
    return folder_ / (tunnel + ".json");
}

std::string gateways_json(const std::vector<ike::IpAddress>& gateways) {
    std::string list;
    for (const ike::IpAddress& gateway : gateways) {
        list += (list.empty() ? "\"" : ", \"") + gateway.text() + "\"";
    }
    return "{\"" + std::string(gateways_key) + "\": [" + list + "]}\n";
}

std::vector<ike::IpAddress> parse_gateways(std::string_view json) {
    const auto content = parse_json(json);
    const auto* members = content ? std::get_if<JsonObject>(&content->value) : nullptr;
    if (members == nullptr || members->size() != 1 || members->front().key != gateways_key) {
        return {};
    }
    const auto* items = std::get_if<JsonArray>(&members->front().value.value);
    if (items == nullptr) {
        return {};
    }
    std::vector<ike::IpAddress> gateways;
    for (const JsonValue& item : *items) {
        const auto* text = std::get_if<std::string>(&item.value);
        const auto gateway = text != nullptr ? ike::IpAddress::parse(*text) : std::nullopt;
        if (!gateway) {
            return {};
        }
        gateways.push_back(*gateway);
    }
    return gateways;
}

}  // namespace agent
