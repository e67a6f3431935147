// SPDX-License-Identifier: Apache-2.0
// Any bytes as the body of a notify: decoded without an over-read, and what decodes encodes to the
// same bytes.
#include "ike/base/expects.hpp"
#include "ike/wire/notify.hpp"

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ike::ByteView input(data, size);
    const auto notify = ike::wire::NotifyPayload::decode(input);
    if (notify) {
        ike::expects(ike::equal(notify->encode(), input),
                     "a notify encodes to what it was decoded from");
        (void)ike::wire::name(notify->type);
        (void)ike::wire::child_spi(*notify);
        (void)ike::wire::additional_address(*notify);
        (void)ike::wire::wanted_group(*notify);
    }
    return 0;
}
