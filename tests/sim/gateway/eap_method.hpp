// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/crypto/random.hpp"
#include "tests/sim/gateway/eap_config.hpp"

#include <memory>
#include <variant>

namespace sim::gateway {

/// One method, the authenticator's side.
class EapMethod {
  public:
    EapMethod() = default;
    virtual ~EapMethod() = default;
    EapMethod(const EapMethod&) = delete;
    EapMethod& operator=(const EapMethod&) = delete;

    struct Ask {
        ike::Bytes data;  // of the next request
    };
    struct Accept {
        ike::Bytes msk;  // empty: the method has none
    };
    struct Reject {};
    using Next = std::variant<Ask, Accept, Reject>;
    /// The data of the first request.
    virtual ike::Bytes first() = 0;
    /// Takes the data of the answer to the request with this identifier.
    virtual Next on_response(std::uint8_t identifier, ike::ByteView data) = 0;
};

std::unique_ptr<EapMethod> make_eap_method(const EapConfig& config, ike::crypto::Random& random);

}  // namespace sim::gateway
