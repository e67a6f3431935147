// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/world/digest.hpp"

#include <cstdlib>
#include <iomanip>
#include <sstream>

namespace sim {

namespace {

Digest& running() {
    static Digest digest;
    return digest;
}

}  // namespace

void Digest::add(std::uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) {
        hash_ = (hash_ ^ ((number >> shift) & 0xffU)) * 0x100000001b3U;
    }
}

void Digest::add(ike::ByteView bytes) {
    for (const std::uint8_t byte : bytes) {
        hash_ = (hash_ ^ byte) * 0x100000001b3U;
    }
    add(bytes.size());
}

std::string Digest::text() const {
    std::ostringstream out;
    out << std::hex << std::setw(16) << std::setfill('0') << hash_;
    return out.str();
}

Digest* current_digest() {
    static const bool wanted = std::getenv("ROAMD_SIM_DIGEST") != nullptr;
    return wanted ? &running() : nullptr;
}

void add_to_digest(std::string_view what) {
    if (Digest* digest = current_digest()) {
        digest->add(ike::Bytes(what.begin(), what.end()));
    }
}

void begin_digest() {
    running() = Digest();
}

}  // namespace sim
