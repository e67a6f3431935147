// SPDX-License-Identifier: Apache-2.0
#include "ike/eap/md5_challenge.hpp"

#include "ike/crypto/digest.hpp"

namespace ike::eap {

Result<Bytes, Failure> Md5Challenge::answer(const Packet& request) {
    Reader reader(request.data);
    const ByteView challenge = reader.take(reader.u8());
    if (!reader.ok() || challenge.empty()) {
        return Fail{Failure{Error::malformed, "an MD5-Challenge of " +
                                                  std::to_string(request.data.size()) +
                                                  " bytes without a challenge"}};
    }
    if (answered_) {
        return Fail{Failure{Error::out_of_place, "a second MD5-Challenge"}};
    }
    // RFC 1994 4.1: the identifier, the secret and the challenge.
    const auto digest =
        crypto::md5({{&request.identifier, 1}, credentials_.password.view(), challenge});
    if (!digest) {
        return Fail{Failure{Error::crypto_failure,
                            "MD5 for MD5-Challenge: " + std::string(crypto::name(digest.error()))}};
    }
    answered_ = true;
    Writer response;
    response.u8(static_cast<std::uint8_t>(digest->size())).put(*digest);
    response.put(as_bytes(credentials_.user_name));
    return response.release();
}

}  // namespace ike::eap
