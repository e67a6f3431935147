// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/path/path_choice.hpp"
#include "agent/path/path_history.hpp"
#include "agent/status/tunnel_status.hpp"

#include <optional>
#include <string>
#include <vector>

namespace agent {

/// The networks and the addresses that a PathController chooses among, at one moment.
struct PathSurroundings {
    const netwatch::Snapshot& network;
    PeerAddressSet peer;  // as the gateway is reached from these networks
    netwatch::DeviceNames own_devices;
    ike::Instant now;
};

/// The path that data goes by, and the name that its interface had when data began to.
struct DataPath {
    ike::Path path;
    std::string interface;
    [[nodiscard]] PathStatus status() const { return {interface, path.local, path.remote}; }
};

/// A path as a person sees it.
PathStatus path_status(const netwatch::Snapshot& network, const ike::Path& path);
/// The MTU of the uplink of this path; 0: the uplink and its link are gone.
std::uint32_t uplink_mtu(const PathSurroundings& around, const ike::Path& path);
/// The choice leaves the path in use at once: that path is gone, or no better than gone.
bool leaves_at_once(const PathChoice& choice);

/// The paths of one tunnel: the path that its session is to use, the path that data goes by until
/// then, the paths that failed and the paths that the gateway refused. Answers "which path?" for
/// every case, and acts on nothing. Reads no clock.
class PathController {
  public:
    /// A wish begins: nothing is known of any path.
    void begin(ike::Duration dwell);

    // The tunnel has acted.

    /// The session is to use this path.
    void take(const TakePath& path) { taken_ = path; }
    /// There is no path for the session.
    void hold() { taken_.reset(); }
    /// Data goes by this path.
    void data_moved(const netwatch::Snapshot& network, const ike::Path& path);
    /// The better path failed its test: the session goes on by the path that data goes by.
    void go_back();
    /// IKE_SA_INIT leaves by this path.
    void tried(const ike::session::AddressPair& path) { tried_ = path; }
    /// The path carried nothing; `answered` is the one by which the gateway did.
    void died(const ike::session::AddressPair& path, const std::optional<ike::Path>& answered,
              ike::Instant now);
    /// The gateway has accepted a path, so it may accept now the paths that it refused before.
    void forget_refused() { refused_.clear(); }
    /// The session is gone.
    void forget_session();

    [[nodiscard]] const std::optional<TakePath>& taken() const { return taken_; }
    [[nodiscard]] const std::optional<DataPath>& data_path() const { return data_path_; }
    [[nodiscard]] bool carries_data(const ike::Path& path) const {
        return data_path_ && data_path_->path == path;
    }
    /// The path of the last IKE_SA_INIT.
    [[nodiscard]] const std::optional<ike::session::AddressPair>& last_tried() const {
        return tried_;
    }
    /// `path` is not the path that the session is to use, or there is no such path.
    [[nodiscard]] bool is_another(const ike::session::AddressPair& path) const {
        return !taken_ || path != taken_->addresses;
    }

    // Which path?

    /// The path to use now. While a better path is tested, data goes by the path before; while an
    /// IKE SA is made, its messages go by the path tried. If that path goes, its successor is taken
    /// at once. `answers`: the gateway answers by the path in use.
    [[nodiscard]] PathChoice choose(const PathSurroundings& around, bool answers,
                                    bool tries_restricted) const;
    /// RFC 4555 3.5: the gateway has sent its additional addresses, and the address in use is none
    /// of them.
    [[nodiscard]] std::optional<TakePath> to_additional_address(
        const PathSurroundings& around) const;
    /// RFC 4555 3.5: the gateway has refused the path that data goes by. Another path, if there is
    /// one that the gateway has not refused since it last accepted a path.
    std::optional<TakePath> after_refusal(const PathSurroundings& around, const ike::Path& refused);
    /// All paths to the addresses of the gateway's name, the best first.
    [[nodiscard]] static std::vector<ike::session::AddressPair> to_named(
        const PathSurroundings& around);
    /// The paths by which the session may ask for the gateway. Its additional addresses are among
    /// them only when there is no other second path, or when the gateway is `unresponsive`:
    /// strongSwan with ESP in the kernel does not bear it well to be moved to the other family and
    /// back.
    [[nodiscard]] std::vector<ike::session::AddressPair> standbys(const PathSurroundings& around,
                                                                  bool unresponsive) const;
    /// Remembers which uplinks have come and gone since the last call. Returns the new ones.
    std::vector<ike::InterfaceIndex> on_network(const PathSurroundings& around);
    /// When another choice may be due although the network is the same: an uplink is avoided no
    /// longer.
    [[nodiscard]] std::optional<ike::Instant> next_deadline(ike::Instant now) const {
        return history_.next(now);
    }

  private:
    [[nodiscard]] PathChoice choose_from(const std::optional<ike::session::AddressPair>& current,
                                         const PathSurroundings& around, bool answers,
                                         bool tries_restricted) const;

    std::optional<TakePath> taken_;
    std::optional<DataPath> data_path_;
    std::optional<ike::session::AddressPair> tried_;
    std::vector<ike::session::AddressPair> refused_;  // since the last one accepted
    std::vector<ike::session::AddressPair> usable_;   // paths of the last snapshot
    PathHistory history_{{}};
};

}  // namespace agent
