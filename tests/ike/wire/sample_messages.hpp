// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/wire/message.hpp"

#include <string>
#include <vector>

namespace ike::wire::testing {

/// One message of a connection as a client and a gateway exchange it, before it is protected.
struct SampleMessage {
    std::string name;
    Message message;
};

/// A connection from IKE_SA_INIT to its end: with certificates and with EAP, rekeyed, moved by
/// MOBIKE. Keys, nonces and signatures are made up. The fields that the decoder fills in are not
/// set.
std::vector<SampleMessage> sample_messages();

}  // namespace ike::wire::testing
