// SPDX-License-Identifier: Apache-2.0
#include "ike/eap/gtc.hpp"

namespace ike::eap {

Result<Bytes, Failure> Gtc::answer(const Packet& request) {
    if (answered_) {
        return Fail{Failure{Error::refused, "after the password the gateway asks \"" +
                                                displayable(request.data) + "\""}};
    }
    answered_ = true;
    const ByteView password = credentials_.password.view();
    return Bytes(password.begin(), password.end());
}

}  // namespace ike::eap
