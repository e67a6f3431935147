// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/base/result.hpp"
#include "ike/crypto/random.hpp"
#include "ike/crypto/secret.hpp"
#include "ike/eap/credentials.hpp"
#include "ike/eap/failure.hpp"
#include "ike/eap/packet.hpp"

#include <chrono>
#include <memory>
#include <optional>

namespace ike::eap {

inline constexpr std::size_t msk_size = 64;  // RFC 3748 7.10

/// One EAP method, the peer's side (RFC 3748 7). Takes each request of its type, and gives the data
/// of the response, without the type.
class Method {
  public:
    Method() = default;
    virtual ~Method() = default;
    Method(const Method&) = delete;
    Method& operator=(const Method&) = delete;

    virtual Result<Bytes, Failure> answer(const Packet& request) = 0;
    /// RFC 3748 4.2: all that has to be proved is, so EAP-Success may come.
    [[nodiscard]] virtual bool may_succeed() const = 0;
    /// What the gateway said before it ended with EAP-Failure.
    [[nodiscard]] virtual std::optional<Failure> refusal() const = 0;
    /// RFC 3748 7.10, once it may succeed. Empty: the method makes no key.
    [[nodiscard]] virtual crypto::SecretBytes msk() const = 0;
};

/// Both outlive the method. `at`: when certificates are judged.
std::unique_ptr<Method> make_method(MethodId id, const Credentials& credentials,
                                    crypto::Random& random,
                                    std::chrono::system_clock::time_point at);

}  // namespace ike::eap
