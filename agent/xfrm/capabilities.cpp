// SPDX-License-Identifier: Apache-2.0
#include "agent/xfrm/capabilities.hpp"

#include "agent/xfrm/message.hpp"
#include "agent/xfrm/states.hpp"

#include <cerrno>

namespace agent::xfrm {

ike::Result<void, SystemError> try_cipher(XfrmSocket& kernel,
                                          const ike::crypto::CipherSuite& cipher) {
    // Nothing is ever sent by it: no policy leads to it, and its addresses are the loopback's.
    const ike::IpAddress loopback = *ike::IpAddress::parse("127.0.0.1");
    const ike::Bytes zeros(cipher.key_size() + cipher.integrity_key_size());
    State state;
    state.key = {loopback, ike::ChildSpi{0x726f616d}};
    state.source = loopback;
    state.cipher = cipher;
    state.encryption_key = ike::ByteView(zeros).first(cipher.key_size());
    state.integrity_key = ike::ByteView(zeros).subspan(cipher.key_size());
    state.esn = true;
    state.replay = unused_window();
    auto added = kernel.request(new_state(state));
    if (!added && added.error().code != EEXIST) {
        return added;
    }
    return kernel.request(delete_state(state.key));
}

}  // namespace agent::xfrm
