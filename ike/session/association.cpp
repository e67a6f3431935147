// SPDX-License-Identifier: Apache-2.0
#include "ike/session/association.hpp"

#include <utility>

namespace ike::session {

Association::Association(Lasting& lasting_parts, ConnectAttempt::Won& won,
                         const IkeAuth::Authenticated& authenticated, Instant now)
    : lasting(lasting_parts),
      ike_sas(lasting.config, lasting.env.random, std::move(won.sa)),
      children(lasting.config, lasting.env, authenticated, won.path.local.address),
      paths(lasting.config, lasting.traffic.experience(), won.path, won.nat, authenticated.mobike),
      renewal(now) {
    round_trip.record(won.round_trip);
    lasting.mapping.forget();
    lasting.mapping.met_none();
    lasting.addresses.set_inside(authenticated.config);
    ike_sas.begin_lifetime(now);
    if (authenticated.auth_lifetime) {
        renewal.authentication_lasts(*authenticated.auth_lifetime, now);
    }
}

void Association::emit_all(std::vector<Event> events) {
    for (Event& event : events) {
        lasting.output.emit(std::move(event));
    }
}

void Association::fail(crypto::CryptoError error) {
    finish({Reason::crypto_failure, std::string(crypto::name(error))});
}

void Association::finish(Failure why) {
    if (!over) {
        over = std::move(why);
        ike_sas.forget_keys();
    }
}

bool Association::undecided() const {
    return (lasting.check.undecided() || paths.is_about_to_switch()) && !closing;
}

}  // namespace ike::session
