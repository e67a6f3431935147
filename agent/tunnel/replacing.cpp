// SPDX-License-Identifier: Apache-2.0
#include "agent/tunnel/replacing.hpp"

#include "agent/tunnel/error_causes.hpp"

#include <algorithm>
#include <utility>

namespace agent {

using namespace ike::session;

void Replacing::begin(const TakePath& path, std::optional<MonotonicTime> event) {
    const auto& present = sessions_.replacement();
    const bool under_way =
        present && (present->parked || present->path.addresses == path.addresses);
    if (under_way || gave_addresses_back_ || !tunnel_.attempts.may_log_in()) {
        return;
    }
    drop();
    auto session = roaming_.make_session(path);
    if (!session) {
        tunnel_.env.log.warning("no new IKE SA can be made; keeping the present IKE SA",
                                {{"tunnel", tunnel_.config.name},
                                 {"reason", session.error().reason},
                                 {"detail", session.error().text}});
        return;
    }
    if (event) {
        roaming_.begin_roam(path, *event);
        roaming_.enter(SessionState::moving);
    }
    tunnel_.env.log.info(
        "making another IKE SA beside the present one",
        {{"tunnel", tunnel_.config.name}, {"interface", path.interface}, {"reason", path.reason}});
    sessions_.replace_by(std::move(*session), path);
}

void Replacing::renew(const std::string& reason) {
    if (roaming_.is_active() && roaming_.paths().taken()) {
        TakePath path = *roaming_.paths().taken();
        path.reason = reason;
        begin(path, std::nullopt);
    }
}

/// If both IKE SAs gave their addresses back, some gateways would assign the first one whichever
/// was asked for. So the replacement keeps its own until the next IKE SA is there.
ike::Result<bool, TunnelError> Replacing::on_up(ChildSaUp up) {
    if (keeps_addresses(*sessions_.replacement()->connected)) {
        if (auto used = use(std::move(up)); !used) {
            return ike::Fail{used.error()};
        }
        return true;
    }
    tunnel_.env.log.info(
        "the gateway gives another address to a second IKE SA; connecting anew instead",
        {{"tunnel", tunnel_.config.name}});
    sessions_.park_replacement();
    give_addresses_back();
    return false;
}

/// Packets in flight to the old Child SAs still come in: these go last.
ike::Result<void, TunnelError> Replacing::use(ChildSaUp up) {
    const auto old_children = roaming_.network().give_away_child_sas();
    Replacement taken = sessions_.use_replacement();
    roaming_.paths().take(taken.path);
    tunnel_.peer.forget_additional();
    roaming_.paths().forget_refused();
    roaming_.establish(*taken.connected);
    sessions_.establish(*taken.connected);
    const bool roamed = roaming_.answered();
    const ike::Path path = up.sa.path;
    const bool udp = up.sa.udp_encapsulated;
    const ike::ChildSpi inbound = up.sa.inbound.spi;
    if (auto carried = roaming_.carry(std::move(up.sa), false); !carried) {
        sessions_.close_in_use();
        sessions_.close(std::move(taken.runner));
        return carried;
    }
    roaming_.move_data(path, udp);
    roaming_.network().switch_to(inbound);
    sessions_.close_after_in_flight(std::move(taken.runner));
    for (const ChildSaStatus& child : old_children) {
        roaming_.network().plane().remove(child.inbound);
    }
    tunnel_.env.log.info("the new IKE SA is in use", {{"tunnel", tunnel_.config.name}});
    roaming_.enter(SessionState::connected);
    if (roamed) {
        tunnel_.report.tell_roam();
    }
    return {};
}

bool Replacing::on_failed(const TakePath& path, const Failure& failure) {
    tunnel_.env.log.warning("the new IKE SA could not be made; keeping the present IKE SA",
                            {{"tunnel", tunnel_.config.name},
                             {"reason", std::string(name(failure.reason))},
                             {"detail", failure.detail}});
    if (tunnel_error(failure).failed_login) {
        tunnel_.secret.refused();
        tunnel_.attempts.login_refused();
    }
    if (failure.reason == Reason::internal_address_failure) {
        give_addresses_back();  // the only one it has for us is in use
        return false;
    }
    if (!roaming_.paths().is_another(path.addresses)) {
        return false;
    }
    const auto& data_path = roaming_.paths().data_path();
    roaming_.avoid(path.addresses, data_path ? std::optional(data_path->path) : std::nullopt);
    roaming_.forget_other_path();
    roaming_.end_moving();
    return true;
}

void Replacing::drop() {
    const auto path = sessions_.drop_replacement();
    if (path && roaming_.paths().is_another(path->addresses)) {
        roaming_.forget_other_path();
    }
}

void Replacing::drop_if_by_another_path() {
    const auto& replacement = sessions_.replacement();
    if (replacement && roaming_.paths().is_another(replacement->path.addresses)) {
        drop();
        roaming_.end_moving();
    }
}

void Replacing::drop_unless_by(const AddressPair& path) {
    if (sessions_.replacement() && sessions_.replacement()->path.addresses != path) {
        drop();
    }
}

std::optional<Connected> Replacing::promote() {
    Replacement taken = sessions_.use_replacement();
    roaming_.paths().take(taken.path);
    roaming_.paths().tried(taken.path.addresses);
    roaming_.enter(SessionState::connecting);
    return std::move(taken.connected);
}

bool Replacing::keeps_parked() const {
    return tunnel_.wish.stands && sessions_.replacement() && sessions_.replacement()->parked &&
           gave_addresses_back_;
}

bool Replacing::keeps_addresses(const Connected& connected) const {
    return std::ranges::is_permutation(connected.config.addresses,
                                       roaming_.network().virtual_addresses());
}

bool Replacing::lacks_addresses_given_back(const Connected& connected) {
    return std::exchange(gave_addresses_back_, false) && !keeps_addresses(connected);
}

void Replacing::give_addresses_back() {
    gave_addresses_back_ = true;
    sessions_.close_in_use();
}

}  // namespace agent
