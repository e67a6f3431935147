// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/ip.hpp"
#include "ike/base/log.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agent {

/// A tunnel's wish, as one run of the daemon leaves it to the next.
struct Wish {
    bool fulfilled = false;               // it was connected since the wish began
    std::optional<std::uint32_t> number;  // of the tunnel's objects in the kernel (kernel_ids.hpp)
    /// Known addresses: the name server may be behind the block until the tunnel is up again.
    std::vector<ike::IpAddress> gateways;
    friend bool operator==(const Wish&, const Wish&) = default;
};

/// Where a tunnel's wish is kept for the next run of the daemon: WishMemory, or a simulation's.
class WishStore {
  public:
    WishStore() = default;
    WishStore(const WishStore&) = delete;
    WishStore& operator=(const WishStore&) = delete;
    virtual ~WishStore() = default;

    /// Replaces the wish that was kept of that tunnel.
    virtual void keep(const std::string& tunnel, const Wish& wish) = 0;
    virtual void forget(const std::string& tunnel) = 0;
};

/// Keeps the wishes in files of the runtime directory, NAME.json, from when a wish begins until a
/// person ends it: over any end of the process, but not over a boot. Logs each file that it cannot
/// write or read. A file that cannot be read still is a wish, and one that was fulfilled: the
/// networks that its tunnel covers stay blocked.
class WishMemory final : public WishStore {
  public:
    WishMemory(std::filesystem::path folder, ike::Log& log)
        : folder_(std::move(folder)), log_(log) {}

    void keep(const std::string& tunnel, const Wish& wish) override;
    void forget(const std::string& tunnel) override;
    [[nodiscard]] std::optional<Wish> recall(const std::string& tunnel) const;
    /// The tunnels that are wanted.
    [[nodiscard]] std::vector<std::string> tunnels() const;

  private:
    [[nodiscard]] std::filesystem::path file(const std::string& tunnel) const;

    std::filesystem::path folder_;
    ike::Log& log_;
};

/// {"fulfilled": true, "number": 29280, "gateways": ["192.0.2.1", "2001:db8::1"]}
std::string wish_json(const Wish& wish);
/// Nothing if the text is anything else. A file without "fulfilled" is of an earlier version, which
/// kept the wishes of connected tunnels only.
std::optional<Wish> parse_wish(std::string_view json);

}  // namespace agent
