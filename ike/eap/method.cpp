// SPDX-License-Identifier: Apache-2.0
#include "ike/eap/method.hpp"

#include "ike/eap/eap_tls.hpp"
#include "ike/eap/gtc.hpp"
#include "ike/eap/md5_challenge.hpp"
#include "ike/eap/mschapv2.hpp"
#include "ike/eap/peap.hpp"
#include "ike/eap/ttls.hpp"

namespace ike::eap {

std::unique_ptr<Method> make_method(MethodId id, const Credentials& credentials,
                                    crypto::Random& random,
                                    std::chrono::system_clock::time_point at) {
    switch (id) {
        case MethodId::tls:
            return std::make_unique<EapTls>(credentials, at);
        case MethodId::peap_mschapv2:
            return std::make_unique<Peap>(credentials, random, at);
        case MethodId::ttls_mschapv2:
            return std::make_unique<Ttls>(Ttls::Inner::mschapv2, credentials, random, at);
        case MethodId::ttls_pap:
            return std::make_unique<Ttls>(Ttls::Inner::pap, credentials, random, at);
        case MethodId::mschapv2:
            return std::make_unique<MsChapV2>(credentials, random);
        case MethodId::gtc:
            return std::make_unique<Gtc>(credentials);
        case MethodId::md5:
            return std::make_unique<Md5Challenge>(credentials);
    }
    return nullptr;
}

}  // namespace ike::eap
