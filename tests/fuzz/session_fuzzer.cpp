// SPDX-License-Identifier: Apache-2.0
// A session in the hands of a gateway that has the right keys and no good will: the bytes decide
// what it says, damages, repeats and forges, and when we roam, rekey or wait. Whatever comes, the
// session keeps its own rules: no crash, no loop without end, nothing said after Closed, Message
// IDs without a gap, data by the path last asked for.
#include "ike/base/expects.hpp"
#include "tests/sim/world/world.hpp"

#include <cstdio>

using namespace ike;
using namespace sim;
using session::MoveKind;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr std::size_t longest_script = 2048;

/// Runs a script of one-byte orders, each followed by what it needs.
class Script {
  public:
    explicit Script(ByteView bytes) : reader_(bytes) {
        world_.gateway().config().tamper_bytes = [this](wire::EncodedPayloads& payloads) {
            damage(payloads);
        };
    }

    void run() {
        world_.start();
        if (reader_.u8() % 2 == 0) {
            world_.run_for(seconds(1));  // an honest start
        }
        while (!reader_.empty() && world_.count<session::Closed>() == 0) {
            order(reader_.u8());
        }
        world_.run_for(seconds(5));
        for (const std::string& violation : world_.violations()) {
            std::fprintf(stderr, "%s\n", violation.c_str());
        }
        expects(world_.violations().empty(), "a hostile gateway breaks no rule of ours");
    }

  private:
    void order(std::uint8_t what) {
        switch (what % 13) {
            case 0:
                return world_.run_for(milliseconds(reader_.u8()));
            case 1:
                return world_.run_for(seconds(reader_.u8()));
            case 2:
                return world_.move(interface(), MoveKind::forced);
            case 3:
                return world_.move(interface(), MoveKind::preferred);
            case 4:
                return world_.hold();
            case 5:
                return reader_.u8() % 2 == 0 ? world_.rekey_child() : world_.rekey_ike();
            case 6:
                return wish();
            case 7:
                damages_ = 1U + reader_.u8() % 4U;
                return;
            case 8:
                return inject(bytes());
            case 9:
                return replay();
            case 10:
                return say_anything();
            case 11:
                world_.gateway().config().refuse.rekey = refusal();
                return;
            default:
                return say_fragment();
        }
    }

    InterfaceIndex interface() { return reader_.u8() % 2 == 0 ? wlan0 : wwan0; }

    Bytes bytes() {
        const ByteView taken = reader_.take(std::min<std::size_t>(reader_.u8(), reader_.size()));
        return {taken.begin(), taken.end()};
    }

    std::optional<wire::NotifyType> refusal() {
        const std::uint16_t type = reader_.u16();
        return type == 0 ? std::nullopt : std::optional(static_cast<wire::NotifyType>(type));
    }

    void wish() {
        const gateway::Child* child = world_.gateway().sending_child();
        const ChildSpi spi = child != nullptr ? child->inbound : ChildSpi{1};
        switch (reader_.u8() % 6) {
            case 0:
                return world_.wish(gateway::RekeyChildWish{spi});
            case 1:
                return world_.wish(gateway::RekeyIkeWish{});
            case 2:
                return world_.wish(gateway::DeleteChildWish{spi});
            case 3:
                return world_.wish(gateway::DeleteIkeWish{});
            case 4:
                return world_.wish(gateway::ChallengeWish{bytes()});
            default:
                return world_.wish(gateway::LivenessWish{});
        }
    }

    /// A few bytes of the payloads it is about to seal become others.
    void damage(wire::EncodedPayloads& payloads) {
        for (; damages_ > 0; --damages_) {
            const std::size_t at = reader_.u16();
            const std::uint8_t value = reader_.u8();
            if (at % 5 == 0) {
                payloads.first = static_cast<wire::PayloadType>(value);
            } else if (!payloads.bytes.empty()) {
                payloads.bytes.at(at % payloads.bytes.size()) = value;
            }
        }
    }

    void inject(Bytes datagram) { world_.inject_down(std::move(datagram), false); }

    void replay() {
        const std::size_t which = reader_.u8();
        if (!world_.received().empty()) {
            inject(world_.received().at(which % world_.received().size()).bytes);
        }
    }

    /// Of any exchange, with any Message ID.
    wire::Header any_header(const gateway::IkeSa& ike_sa) {
        const std::uint8_t kind = reader_.u8();
        return {.initiator_spi = ike_sa.spis.initiator,
                .responder_spi = ike_sa.spis.responder,
                .exchange = static_cast<wire::ExchangeType>(34 + kind % 5),
                .from_original_initiator = ike_sa.original_initiator,
                .response = (kind & 0x80U) != 0,
                .message_id = {reader_.u8()}};
    }

    /// A message of any exchange with any Message ID and any inside, sealed as it should be.
    void say_anything() {
        const gateway::IkeSa* ike_sa = world_.gateway().ike_sa();
        if (ike_sa == nullptr) {
            return say_anything_first();
        }
        const wire::Header header = any_header(*ike_sa);
        gateway::Protection protection(ike_sa->suite.cipher, ike_sa->keys,
                                       ike_sa->original_initiator);
        const wire::EncodedPayloads inside{static_cast<wire::PayloadType>(reader_.u8()), bytes()};
        inject(protection.seal(header, inside, world_.dice()));
    }

    /// A fragment of any message, with any numbers and any content (RFC 7383), sealed as it should
    /// be.
    void say_fragment() {
        const gateway::IkeSa* ike_sa = world_.gateway().ike_sa();
        if (ike_sa == nullptr) {
            return;
        }
        const wire::Header header = any_header(*ike_sa);
        gateway::Protection protection(ike_sa->suite.cipher, ike_sa->keys,
                                       ike_sa->original_initiator);
        const gateway::Part part{.number = reader_.u8(),
                                 .total = reader_.u8(),
                                 .first = static_cast<wire::PayloadType>(reader_.u8()),
                                 .content = bytes()};
        inject(protection.seal(header, part, world_.dice()));
    }

    /// An answer to IKE_SA_INIT with anything inside.
    void say_anything_first() {
        const auto request = wire::Header::decode(world_.sent().front().datagram);
        wire::Header header{.initiator_spi = request->initiator_spi,
                            .responder_spi = {reader_.u8()},
                            .next_payload = static_cast<wire::PayloadType>(reader_.u8()),
                            .exchange = wire::ExchangeType::ike_sa_init,
                            .response = true,
                            .message_id = {0}};
        const Bytes inside = bytes();
        header.length = static_cast<std::uint32_t>(wire::header_size + inside.size());
        inject(Writer().put(header.encode()).put(inside).release());
    }

    Reader reader_;
    unsigned damages_ = 0;
    World world_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size <= longest_script) {
        Script(ByteView(data, size)).run();
    }
    return 0;
}
