// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/base/result.hpp"
#include "ike/crypto/secret.hpp"
#include "ike/eap/failure.hpp"

#include <cstdint>
#include <vector>

namespace ike::eap {

/// RADIUS's attributes, and those of Microsoft (RFC 2548), which EAP-TTLS speaks in.
struct AvpName {
    std::uint32_t vendor = 0;
    std::uint32_t code = 0;
    friend bool operator==(const AvpName&, const AvpName&) = default;
};
inline constexpr std::uint32_t microsoft = 311;
inline constexpr AvpName avp_user_name{0, 1};
inline constexpr AvpName avp_user_password{0, 2};
inline constexpr AvpName avp_reply_message{0, 18};
inline constexpr AvpName avp_mschap_error{microsoft, 2};
inline constexpr AvpName avp_mschap_challenge{microsoft, 11};
inline constexpr AvpName avp_mschap2_response{microsoft, 25};
inline constexpr AvpName avp_mschap2_success{microsoft, 26};

/// One attribute (RFC 5281 10.1). The view points into what it was decoded from.
struct Avp {
    AvpName name;
    bool mandatory = false;
    ByteView data;
};

/// All of a message of the server's; a few dozen at most.
Result<std::vector<Avp>, Failure> decode_avps(ByteView message);

/// Mandatory ones, in memory that is wiped.
crypto::SecretBytes encode_avps(const std::vector<Avp>& avps);

}  // namespace ike::eap
