// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/path.hpp"

#include <compare>

namespace ike::session {

/// The addresses of a path, without ports: those are the session's business (RFC 7296 2.23).
struct AddressPair {
    InterfaceIndex interface;
    IpAddress local;
    IpAddress remote;
    friend auto operator<=>(const AddressPair&, const AddressPair&) = default;
};

inline AddressPair addresses_of(const Path& path) {
    return {path.interface, path.local.address, path.remote.address};
}

}  // namespace ike::session
