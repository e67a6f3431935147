// SPDX-License-Identifier: Apache-2.0
#include "ike/eap/credentials.hpp"

#include "ike/eap/mschap.hpp"

namespace ike::eap {

bool is_password(ByteView text) {
    return !text.empty() && nt_password_hash(text).has_value();
}

}  // namespace ike::eap
