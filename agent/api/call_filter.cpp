// SPDX-License-Identifier: Apache-2.0
#include "agent/api/call_filter.hpp"

#include "ike/base/expects.hpp"
#include "netwatch/sdbus.hpp"

#include <systemd/sd-bus.h>

namespace agent {

namespace {

using namespace std::chrono_literals;

constexpr ike::Duration between_warnings = 1min;

/// sdbus-c++ has no filters, and shows its sd_bus to nobody but to what is derived from its
/// messages.
struct MessageAccess : sdbus::Message {
    static sd_bus* bus_of(const sdbus::Message& message) {
        return sd_bus_message_get_bus(
            static_cast<sd_bus_message*>(message.*(&MessageAccess::msg_)));
    }
};

std::string_view text_or_empty(const char* text) {
    return text == nullptr ? std::string_view() : text;
}

}  // namespace

sd_bus* bus_of(sdbus::IConnection& connection) {
    const auto proxy =
        netwatch::bus::proxy(connection, "org.freedesktop.DBus", "/org/freedesktop/DBus");
    return MessageAccess::bus_of(
        netwatch::bus::method_call(*proxy, "org.freedesktop.DBus.Peer", "Ping"));
}

void DropSlot::operator()(sd_bus_slot* slot) const {
    sd_bus_slot_unref(slot);
}

CallFilter::CallFilter(sdbus::IConnection& connection, const EventLoop& loop, ike::Log& log)
    : loop_(loop), log_(log) {
    const auto filter = [](sd_bus_message* message, void* self, sd_bus_error*) noexcept {
        return static_cast<CallFilter*>(self)->is_refused(message) ? 1 : 0;
    };
    sd_bus_slot* slot = nullptr;
    ike::expects(sd_bus_add_filter(bus_of(connection), &slot, filter, this) >= 0,
                 "the bus takes a filter");
    slot_.reset(slot);
}

CallFilter::~CallFilter() = default;

bool CallFilter::is_refused(sd_bus_message* message) {
    if (sd_bus_message_is_method_call(message, nullptr, nullptr) <= 0 ||
        !is_open_to_everyone(text_or_empty(sd_bus_message_get_interface(message)),
                             text_or_empty(sd_bus_message_get_member(message)))) {
        return false;
    }
    const std::string_view sender = text_or_empty(sd_bus_message_get_sender(message));
    const ike::Instant now = loop_.now();
    if (limit_.allows(sender, now)) {
        return false;
    }
    if (!told_ || now - *told_ >= between_warnings) {
        told_ = now;
        log_.warning("calls by D-Bus are left unanswered: one program makes too many",
                     {{"sender", std::string(sender)}});
    }
    return true;
}

}  // namespace agent
