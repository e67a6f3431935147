// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/eap/packet.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ike::eap {

/// The ways to log in that we know. One type of EAP may be several: what is inside a tunnel is the
/// peer's choice.
enum class MethodId : std::uint8_t {
    tls,
    peap_mschapv2,
    ttls_mschapv2,
    ttls_pap,
    mschapv2,
    gtc,
    md5,
};

/// All of them, the strongest first.
std::span<const MethodId> all_methods();

/// The word of a configuration: "mschapv2".
std::string_view name(MethodId id);
std::optional<MethodId> method_named(std::string_view name);
/// "mschapv2, md5"
std::string names(const std::vector<MethodId>& methods);

/// What a gateway asks for it by.
Type type_of(MethodId id);
/// Whether it takes a name and a password.
bool wants_password(MethodId id);
/// Whether it takes a certificate of ours.
bool wants_certificate(MethodId id);
/// Whether the EAP server proves itself by a certificate.
bool judges_server(MethodId id);

}  // namespace ike::eap
