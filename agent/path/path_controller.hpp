// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/path/path_choice.hpp"
#include "agent/path/path_history.hpp"
#include "agent/status/tunnel_status.hpp"

#include <optional>
#include <string>
#include <vector>

namespace agent {

/// What a PathController chooses among, at one moment.
struct PathSurroundings {
    const netwatch::Snapshot& network;
    PeerAddressSet peer;  // as they are reached from these networks
    netwatch::DeviceNames own_devices;
    ike::Instant now;
};

/// The path that data goes by, and its interface as it was called when data began to.
struct DataPath {
    ike::Path path;
    std::string interface;
    [[nodiscard]] PathStatus status() const { return {interface, path.local, path.remote}; }
};

/// A path as a person sees it.
PathStatus path_status(const netwatch::Snapshot& network, const ike::Path& path);
/// Of the uplink that this path goes by, which is not always the one that is to be taken.
std::uint32_t uplink_mtu(const PathSurroundings& around, const ike::Path& path);
/// The path that was asked about is gone, or no better than gone.
bool leaves_at_once(const PathChoice& choice);

/// The paths of one tunnel: the one that its session is to use, the one that data goes by until
/// then, those that did badly and those that the gateway refused. Answers "which path?" for every
/// case, and does nothing about it. Reads no clock.
class PathController {
  public:
    /// A wish begins: nothing is known of any path.
    void begin(ike::Duration dwell);

    // What the tunnel does.

    /// The session is to use this path.
    void take(const TakePath& path) { taken_ = path; }
    /// There is none for it.
    void hold() { taken_.reset(); }
    /// Data goes by this path.
    void data_moved(const netwatch::Snapshot& network, const ike::Path& path);
    /// The better path came to nothing: the session goes on by the one that data goes by.
    void go_back();
    /// IKE_SA_INIT leaves by this path.
    void tried(const ike::session::AddressPair& path) { tried_ = path; }
    /// The path carried nothing; `answered` is the one by which the gateway did.
    void died(const ike::session::AddressPair& path, const std::optional<ike::Path>& answered,
              ike::Instant now);
    /// The gateway has taken a path, so what it refused before it may take now.
    void forget_refused() { refused_.clear(); }
    /// The session is gone.
    void forget_session();

    [[nodiscard]] const std::optional<TakePath>& taken() const { return taken_; }
    [[nodiscard]] const std::optional<DataPath>& data_path() const { return data_path_; }
    [[nodiscard]] bool carries_data(const ike::Path& path) const {
        return data_path_ && data_path_->path == path;
    }
    /// By the last session at its start.
    [[nodiscard]] const std::optional<ike::session::AddressPair>& last_tried() const {
        return tried_;
    }
    /// Another path than the session is to use: none is always another.
    [[nodiscard]] bool is_another(const ike::session::AddressPair& path) const {
        return !taken_ || path != taken_->addresses;
    }

    // Which path?

    /// The one to use now. While a better path is tested data goes by the old one, and while an IKE
    /// SA is made its messages do: when that goes, nothing is waited for. `answers`: the gateway
    /// does, by the path in use.
    [[nodiscard]] PathChoice choose(const PathSurroundings& around, bool answers,
                                    bool tries_restricted) const;
    /// RFC 4555 3.5: the gateway has told its addresses, and the one in use is none of them.
    [[nodiscard]] std::optional<TakePath> to_additional_address(
        const PathSurroundings& around) const;
    /// RFC 4555 3.5: the gateway has refused the path that data goes by. Another one, if there is
    /// any that it has not refused in a row.
    std::optional<TakePath> after_refusal(const PathSurroundings& around, const ike::Path& refused);
    /// All paths to the addresses of the gateway's name, the best first.
    [[nodiscard]] static std::vector<ike::session::AddressPair> to_named(
        const PathSurroundings& around);
    /// By which the session may ask for the gateway. What the gateway told besides is for when
    /// nothing else is left, or nothing else answers: strongSwan with ESP in the kernel does not
    /// bear it well to be moved to the other family and back.
    [[nodiscard]] std::vector<ike::session::AddressPair> standbys(const PathSurroundings& around,
                                                                  bool unresponsive) const;
    /// What has come and gone since the last call is remembered. Returns the networks that are new.
    std::vector<ike::InterfaceIndex> on_network(const PathSurroundings& around);
    /// When another choice may be due although the network is the same: an uplink was avoided for
    /// long enough.
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
    std::vector<ike::session::AddressPair> refused_;  // in a row
    std::vector<ike::session::AddressPair> usable_;   // paths of the last snapshot
    PathHistory history_{{}};
};

}  // namespace agent
