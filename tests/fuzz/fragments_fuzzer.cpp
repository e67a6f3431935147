// SPDX-License-Identifier: Apache-2.0
// Fragments of a peer that has the keys and no good will (RFC 7383 2.6): any numbers, Message IDs
// and sizes, in any order. The fragments that are held stay bounded; a message is made of fragments
// of one division, each of which came in, and is made once.
#include "ike/base/expects.hpp"
#include "ike/session/exchange/reassembly.hpp"

#include <map>

using namespace ike;
using session::Reassembly;

namespace {

constexpr std::size_t longest_script = 4096;

/// Each fragment has a content of its own, so that it is known again in a message.
struct Came {
    std::map<std::uint16_t, Bytes> by_number;
};
struct Division {
    std::uint32_t id = 0;
    std::uint16_t total = 0;
    friend auto operator<=>(const Division&, const Division&) = default;
};

class Script {
  public:
    explicit Script(ByteView bytes) : reader_(bytes) {}

    void run() {
        while (!reader_.empty()) {
            take();
        }
    }

  private:
    void take() {
        const auto id = static_cast<std::uint32_t>(reader_.u8() % 4);
        const auto exchange = static_cast<wire::ExchangeType>(34 + reader_.u8() % 2);
        const std::uint16_t total = reader_.u16() % 200;
        const std::uint16_t number = reader_.u8();
        const std::size_t size = std::size_t{reader_.u8()} * 64;
        if (number == 0 || number > total) {
            return;  // refused by wire::decode_sk
        }
        const Bytes datagram(40, 0);
        const wire::SkEnvelope fragment{.header = {.initiator_spi = {1},
                                                   .responder_spi = {2},
                                                   .exchange = exchange,
                                                   .message_id = {id}},
                                        .first_inner = wire::PayloadType::notify,
                                        .fragment = wire::FragmentNumber{number, total},
                                        .associated_data = datagram,
                                        .body = {}};
        const auto use = parts_.use_of(fragment);
        expects(total <= Reassembly::max_fragments || use == Reassembly::Use::refused,
                "the number of fragments is bounded");
        if (use != Reassembly::Use::wanted) {
            return;
        }
        Bytes content = Writer().u32(++said_).zeros(size).release();
        came_[{id, total}].by_number[number] = content;
        if (const auto whole = parts_.add(fragment, std::move(content))) {
            check(*whole, {id, total});
        }
    }

    void check(const Reassembly::Message& whole, const Division& division) {
        expects(whole.chain.size() <= Reassembly::max_size, "the size of a message is bounded");
        Bytes expected;
        const Came& came = came_.at(division);
        for (const auto& [number, content] : came.by_number) {
            expected.insert(expected.end(), content.begin(), content.end());
        }
        expects(came.by_number.size() == division.total && whole.chain == expected,
                "a message is made of all its fragments in their order");
        came_.erase(division);
    }

    Reader reader_;
    Reassembly parts_;
    std::map<Division, Came> came_;
    std::uint32_t said_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size <= longest_script) {
        Script(ByteView(data, size)).run();
    }
    return 0;
}
