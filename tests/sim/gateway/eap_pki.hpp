// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/pki/pki.hpp"

namespace sim::gateway {

/// The certificates of the EAP server and of its clients, made once for all tests of a program.
struct EapPki {
    tests::Issued ca;
    tests::Issued server;  // of "radius.example.org"
    tests::Issued client;
    tests::Issued other_ca;  // that nobody trusts
};
const EapPki& eap_pki();

}  // namespace sim::gateway
