// SPDX-License-Identifier: Apache-2.0
#include "agent/api/secret_argument.hpp"

#include "ike/base/expects.hpp"

#include <systemd/sd-bus.h>

#include <cstdint>
#include <span>

namespace agent {

void SecretArgument::take_from(sdbus::IConnection& connection) {
    const auto filter = [](sd_bus_message* message, void* self, sd_bus_error*) noexcept {
        static_cast<SecretArgument*>(self)->look_at(message);
        return 0;
    };
    sd_bus_slot* slot = nullptr;
    ike::expects(sd_bus_add_filter(bus_of(connection), &slot, filter, this) >= 0,
                 "the bus takes a filter");
    slot_.reset(slot);
}

void SecretArgument::look_at(sd_bus_message* message) {
    secret_ = {};  // of a call that nobody handled
    if (sd_bus_message_is_method_call(message, "net.roamd.Tunnel", "ProvideSecret") <= 0) {
        return;
    }
    sd_bus_message_sensitive(message);
    const void* bytes = nullptr;
    std::size_t size = 0;
    if (sd_bus_message_skip(message, "t") >= 0 &&
        sd_bus_message_read_array(message, 'y', &bytes, &size) >= 0) {
        // The message is ours until it is dispatched, and lies in memory of ours.
        const std::span in_message(static_cast<std::uint8_t*>(const_cast<void*>(bytes)), size);
        secret_ = ike::crypto::SecretBytes::copy_of(in_message);
        ike::crypto::cleanse(in_message);
    }
    sd_bus_message_rewind(message, 1);
}

}  // namespace agent
