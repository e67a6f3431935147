// SPDX-License-Identifier: Apache-2.0
#include "agent/wish/wish_memory.hpp"

#include "agent/config/json_tree.hpp"
#include "agent/config/secrets.hpp"
#include "agent/linux/kernel_ids.hpp"
#include "netwatch/fd.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <variant>

namespace agent {

namespace {

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

std::optional<std::vector<ike::IpAddress>> parse_addresses(const JsonValue& value) {
    const auto* items = std::get_if<JsonArray>(&value.value);
    if (items == nullptr) {
        return std::nullopt;
    }
    std::vector<ike::IpAddress> addresses;
    for (const JsonValue& item : *items) {
        const auto* text = std::get_if<std::string>(&item.value);
        const auto address = text != nullptr ? ike::IpAddress::parse(*text) : std::nullopt;
        if (!address) {
            return std::nullopt;
        }
        addresses.push_back(*address);
    }
    return addresses;
}

std::optional<std::uint32_t> parse_number(const JsonValue& value) {
    const auto* number = std::get_if<JsonNumber>(&value.value);
    if (number == nullptr || !number->value || *number->value > UINT32_MAX ||
        !is_number_of_tunnel(static_cast<std::uint32_t>(*number->value))) {
        return std::nullopt;
    }
    return static_cast<std::uint32_t>(*number->value);
}

/// False: it is not a member of a wish.
bool take_member(Wish& wish, const JsonMember& member) {
    if (member.key == "gateways") {
        const auto gateways = parse_addresses(member.value);
        wish.gateways = gateways.value_or(std::vector<ike::IpAddress>());
        return gateways.has_value();
    }
    if (member.key == "number") {
        wish.number = parse_number(member.value);
        return wish.number.has_value();
    }
    const auto* fulfilled = std::get_if<bool>(&member.value.value);
    wish.fulfilled = fulfilled != nullptr && *fulfilled;
    return member.key == "fulfilled" && fulfilled != nullptr;
}

}  // namespace

void WishMemory::keep(const std::string& tunnel, const Wish& wish) {
    (void)::mkdir(folder_.c_str(), 0700);
    if (const auto error = replace_file(file(tunnel), wish_json(wish))) {
        log_.warning(
            "the next start of roamd will not know that the tunnel is wanted, nor where its "
            "gateway is",
            {{"file", file(tunnel).string()}, {"error", error.message()}});
    }
}

std::optional<Wish> WishMemory::recall(const std::string& tunnel) const {
    const auto path = file(tunnel);
    std::error_code missing;
    if (!std::filesystem::exists(std::filesystem::symlink_status(path, missing))) {
        return std::nullopt;
    }
    const auto content = read_secret(path);
    if (!content) {
        log_.warning("a tunnel is wanted, and the file that says more is not used",
                     {{"tunnel", tunnel}, {"error", content.error().what}});
        return Wish{.fulfilled = true, .number = {}, .gateways = {}};
    }
    const ike::ByteView bytes = content->view();
    auto wish = parse_wish({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    if (!wish) {
        log_.warning("a tunnel is wanted, and the file that should say more does not",
                     {{"tunnel", tunnel}, {"file", path.string()}});
        return Wish{.fulfilled = true, .number = {}, .gateways = {}};
    }
    return wish;
}

std::vector<std::string> WishMemory::tunnels() const {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& file : std::filesystem::directory_iterator(folder_, error)) {
        if (file.path().extension() == ".json") {
            names.push_back(file.path().stem().string());
        }
    }
    return names;
}

void WishMemory::forget(const std::string& tunnel) {
    if (::unlink(file(tunnel).c_str()) != 0 && errno != ENOENT) {
        log_.warning("a file is left behind",
                     {{"file", file(tunnel).string()}, {"error", last_code().message()}});
    }
}

std::filesystem::path WishMemory::file(const std::string& tunnel) const {
    return folder_ / (tunnel + ".json");
}

std::string wish_json(const Wish& wish) {
    std::string list;
    for (const ike::IpAddress& gateway : wish.gateways) {
        list += (list.empty() ? "\"" : ", \"") + gateway.text() + "\"";
    }
    const std::string number =
        wish.number ? "\"number\": " + std::to_string(*wish.number) + ", " : "";
    return std::string("{\"fulfilled\": ") + (wish.fulfilled ? "true" : "false") + ", " + number +
           "\"gateways\": [" + list + "]}\n";
}

std::optional<Wish> parse_wish(std::string_view json) {
    const auto content = parse_json(json);
    const auto* members = content ? std::get_if<JsonObject>(&content->value) : nullptr;
    if (members == nullptr || members->empty()) {
        return std::nullopt;
    }
    Wish wish{.fulfilled = true, .number = {}, .gateways = {}};
    for (const JsonMember& member : *members) {
        if (!take_member(wish, member)) {
            return std::nullopt;
        }
    }
    return wish;
}

}  // namespace agent
