// SPDX-License-Identifier: Apache-2.0
// Writes the seeds of the message fuzzer into a folder: each message of a connection whole, and
// its payloads as what is inside SK, behind the type of the first.
#include "tests/ike/wire/sample_messages.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>

namespace {

using namespace ike;
using namespace ike::wire;

bool write(const std::filesystem::path& path, ByteView bytes) {
    std::ofstream file(path, std::ios::binary);
    file << as_text(bytes);
    return file.flush().good();
}

/// The message as it is on the wire once SK is around it; nobody can open it.
Bytes enclosed(const Message& message) {
    const EncodedPayloads inner = encode_payloads(message.payloads);
    return Writer()
        .put(encode_sk_prefix(message.header, inner.first, inner.bytes.size()))
        .put(inner.bytes)
        .release();
}

/// The same as the only fragment.
Bytes in_a_fragment(const Message& message) {
    const EncodedPayloads inner = encode_payloads(message.payloads);
    return Writer()
        .put(encode_skf_prefix(message.header, inner.first, {1, 1}, inner.bytes.size()))
        .put(inner.bytes)
        .release();
}

bool write_all(const std::filesystem::path& folder) {
    bool written = true;
    for (const auto& [name, message] : testing::sample_messages()) {
        const EncodedPayloads inner = encode_payloads(message.payloads);
        const Bytes chain =
            Writer().u8(static_cast<std::uint8_t>(inner.first)).put(inner.bytes).release();
        const bool open = message.header.exchange == ExchangeType::ike_sa_init;
        written = write(folder / name, open ? encode_message(message.header, message.payloads)
                                            : enclosed(message)) &&
                  (open || (write(folder / (name + "_inside"), chain) &&
                            write(folder / (name + "_fragment"), in_a_fragment(message)))) &&
                  written;
    }
    return written;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2 || !std::filesystem::is_directory(argv[1])) {
        std::fputs("usage: message_seeds FOLDER\n", stderr);
        return 2;
    }
    return write_all(argv[1]) ? 0 : 1;
}
