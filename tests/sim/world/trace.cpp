// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/world/trace.hpp"

#include "ike/base/overloaded.hpp"

#include <sstream>

namespace sim {

using namespace ike;
using namespace session;

namespace {

std::string in_udp(bool encapsulated) {
    return encapsulated ? ", ESP in UDP" : ", bare ESP";
}

std::string behind(const NatVerdict& nat) {
    return std::string(nat.local ? ", NAT before us" : "") +
           (nat.remote ? ", NAT before the gateway" : "");
}

std::string describe(const ChildSa& sa) {
    return text(sa.inbound.spi) + " in, " + text(sa.outbound.spi) + " out, by " + sa.path.text() +
           in_udp(sa.udp_encapsulated);
}

std::string milliseconds(Duration duration) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()) +
           " ms";
}

std::string kind(const wire::Header& header) {
    return wire::name(header.exchange) + (header.response ? " response " : " request ") +
           std::to_string(header.message_id.value) + " of " + text(header.initiator_spi);
}

}  // namespace

void Trace::add(const std::string& line) {
    if (digest_ != nullptr) {
        digest_->add(static_cast<std::uint64_t>(now_.time_since_epoch().count()));
        digest_->add(Bytes(line.begin(), line.end()));
    }
    if (!on_) {
        return;
    }
    std::ostringstream out;
    out.setf(std::ios::fixed);
    out.precision(3);
    out << std::chrono::duration<double>(now_.time_since_epoch()).count() << "  " << line;
    lines_.push_back(out.str());
}

void Trace::add_bytes(ByteView bytes) {
    if (digest_ != nullptr) {
        digest_->add(bytes);
    }
}

std::string Trace::text() const {
    std::string all;
    for (const std::string& line : lines_) {
        all += line + "\n";
    }
    return all;
}

void TraceLog::write(Level, std::string_view event, std::initializer_list<Field> fields) {
    if (!trace_.on()) {
        return;
    }
    std::string line = "    log: " + std::string(event);
    for (const Field& field : fields) {
        line += " " + std::string(field.name) + "=" + field.value;
    }
    trace_.add(line);
}

std::string describe(ByteView datagram) {
    const auto header = wire::Header::decode(datagram);
    return (header ? kind(*header) : "no IKEv2") + " (" + std::to_string(datagram.size()) +
           " bytes)";
}

std::string describe(const gateway::Said& said) {
    std::string line = kind(said.header) + ":";
    for (const wire::Payload& payload : said.payloads) {
        const auto* notify = std::get_if<wire::NotifyPayload>(&payload);
        line += " " + (notify != nullptr ? wire::name(notify->type)
                                         : wire::name(wire::payload_type(payload)));
    }
    return line;
}

std::string describe(const Event& event) {
    return std::visit(
        Overloaded{
            [](const AttemptHint& one) { return "AttemptHint " + one.failure.detail; },
            [](const Connected& one) {
                return "Connected by " + one.path.text() + behind(one.nat) +
                       (one.mobike ? ", MOBIKE" : "");
            },
            [](const ChildSaUp& one) { return "ChildSaUp " + describe(one.sa); },
            [](const ChildSaRekeyed& one) {
                return "ChildSaRekeyed " + text(one.old) + " by " + describe(one.fresh);
            },
            [](const ChildSaSwitched& one) { return "ChildSaSwitched " + text(one.inbound); },
            [](const ChildSaDown& one) { return "ChildSaDown " + text(one.inbound); },
            [](const ChildSaRefused& one) {
                return "ChildSaRefused " + std::to_string(one.policy) + " " + one.notify;
            },
            [](const PathDied& one) {
                return "PathDied " + one.from.text() + ", lives " + one.to.text() + ", asked " +
                       milliseconds(one.asked);
            },
            [](const IkeSaRekeyed& one) {
                return "IkeSaRekeyed " + text(one.spis.initiator) + " " + text(one.spis.responder);
            },
            [](const DataWaits& one) {
                return "DataWaits for " + one.path.text() + in_udp(one.udp_encapsulated) +
                       ", at most " + milliseconds(one.most);
            },
            [](const DataGoesOn&) { return std::string("DataGoesOn"); },
            [](const PathSwitched& one) {
                return "PathSwitched " + one.path.text() + in_udp(one.udp_encapsulated);
            },
            [](const PathConfirmed& one) {
                return "PathConfirmed " + one.path.text() + behind(one.nat) +
                       in_udp(one.udp_encapsulated);
            },
            [](const PathRefused& one) {
                return "PathRefused " + one.path.text() + " " + one.notify;
            },
            [](const GatewayAddresses& one) {
                std::string line = "GatewayAddresses";
                for (const IpAddress& address : one.addresses) {
                    line += " " + address.text();
                }
                return line;
            },
            [](const DataMissing& one) {
                return std::string(one.missing ? "DataMissing" : "data comes in again");
            },
            [](const GatewaySilent& one) {
                return std::string(one.silent ? "GatewaySilent" : "gateway answers again");
            },
            [](const SuccessorWanted&) { return std::string("SuccessorWanted"); },
            [](const ReauthenticationDue&) { return std::string("ReauthenticationDue"); },
            [](const Closed& one) {
                return "Closed: " + std::string(name(one.failure.reason)) + " " +
                       one.failure.detail;
            },
        },
        event);
}

}  // namespace sim
