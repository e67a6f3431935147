// SPDX-License-Identifier: Apache-2.0
#include "ike/base/log.hpp"

#include "ike/base/bytes.hpp"

namespace ike {

std::string text(ChildSpi spi) {
    return "0x" + to_hex(Writer().u32(spi.value).view());
}

std::string text(IkeSpi spi) {
    return to_hex(Writer().u64(spi.value).view());
}

}  // namespace ike
