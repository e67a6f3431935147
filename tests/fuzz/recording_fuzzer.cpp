// SPDX-License-Identifier: Apache-2.0
// Any bytes as a recording: snapshots in order, which are written and read again as the same, or a
// fault with a line. Whatever is in them, a replay of them ends.
#include "agent/recording/replay.hpp"
#include "ike/base/bytes.hpp"
#include "ike/base/expects.hpp"

#include <algorithm>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text = ike::as_text({data, size});
    const auto recording = agent::parse_recording(text);
    if (!recording) {
        const auto lines = static_cast<unsigned>(1 + std::ranges::count(text, '\n'));
        ike::expects(recording.error().line >= 1 && recording.error().line <= lines,
                     "a fault is on a line of the text");
        ike::expects(!recording.error().what.empty(), "and says what it is");
        return 0;
    }
    const auto again = agent::parse_recording(agent::recording_text(*recording));
    ike::expects(again && *again == *recording, "what was read is written as the same");
    for (const agent::RecordedTunnel& tunnel : recording->tunnels) {
        const auto steps = replay(*recording, tunnel);
        ike::expects(steps.size() >= recording->moments.size(), "each snapshot is decided on");
    }
    return 0;
}
