// SPDX-License-Identifier: Apache-2.0
#include "agent/dataplane/xfrm/capabilities.hpp"

#include "agent/dataplane/xfrm/message.hpp"
#include "agent/dataplane/xfrm/states.hpp"

#include <cerrno>

namespace agent::xfrm {

namespace {

/// Nothing is ever sent by it: no policy leads to it, and its addresses are the loopback's.
State harmless_state() {
    State state;
    state.source = *ike::IpAddress::parse("127.0.0.1");
    state.key = {state.source, ike::ChildSpi{0x726f616d}};
    return state;
}

}  // namespace

ike::Result<void, SystemError> try_cipher(XfrmSocket& kernel,
                                          const ike::crypto::CipherSuite& cipher) {
    const ike::Bytes zeros(cipher.key_size() + cipher.integrity_key_size());
    State state = harmless_state();
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

bool migrates_states(XfrmSocket& kernel) {
    const State nowhere = harmless_state();
    const auto moved = kernel.request(migrate_state(nowhere.key, nowhere));
    return !moved && moved.error().code == ESRCH;  // else EINVAL, ENOPROTOOPT
}

}  // namespace agent::xfrm
