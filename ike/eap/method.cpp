// SPDX-License-Identifier: Apache-2.0
#include "ike/eap/method.hpp"

#include "ike/eap/mschapv2.hpp"

namespace ike::eap {

std::unique_ptr<Method> make_method(Type type, const Credentials& credentials,
                                    crypto::Random& random) {
    if (type == Type::mschapv2) {
        return std::make_unique<MsChapV2>(credentials, random);
    }
    return nullptr;
}

}  // namespace ike::eap
