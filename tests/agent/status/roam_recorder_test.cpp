// SPDX-License-Identifier: Apache-2.0
#include "agent/status/roam_recorder.hpp"

#include <doctest/doctest.h>

using namespace agent;
using namespace std::chrono_literals;

namespace {

PathStatus path_by(const std::string& interface, const char* local, std::uint16_t port = 4500) {
    const auto gateway = *ike::IpAddress::parse("192.0.2.1");
    return {interface, {*ike::IpAddress::parse(local), port}, {gateway, port}};
}

const PathStatus wifi = path_by("wlan0", "10.1.0.2");
const PathStatus cellular = path_by("wwan0", "10.2.0.2");

RoamRecord roam(RoamKind kind, const PathStatus& from, const PathStatus& to, MonotonicTime event) {
    RoamRecord record;
    record.tunnel = "office";
    record.kind = kind;
    record.reason = "link-down";
    record.from = from;
    record.to = to;
    record.event = event;
    record.decided = event + 10us;
    return record;
}

}  // namespace

TEST_CASE("a roam's record has the time of each of its steps") {
    RoamRecorder recorder;
    recorder.begin(roam(RoamKind::forced, wifi, cellular, 1000us));
    recorder.update_sent(1100us);
    recorder.data_moved(cellular, 1110us);
    recorder.answered(cellular, 61000us);
    recorder.first_packet(cellular, 62000us);

    const RoamRecord record = *recorder.last();
    CHECK(record.sequence == 1);
    CHECK(record.event == 1000us);
    CHECK(record.decided == 1010us);
    CHECK(record.update_sent == 1100us);
    CHECK(record.data_moved == 1110us);
    CHECK(record.answered == 61000us);
    CHECK(record.first_packet == 62000us);
    CHECK(record.result == RoamResult::moved);
}

TEST_CASE("a retransmission does not overwrite when UPDATE_SA_ADDRESSES left first") {
    RoamRecorder recorder;
    recorder.begin(roam(RoamKind::forced, wifi, cellular, 1000us));
    recorder.update_sent(1100us);
    recorder.update_sent(501100us);
    CHECK(recorder.last()->update_sent == 1100us);
}

TEST_CASE("a roam before the answer to the last one supersedes it") {
    RoamRecorder recorder;
    recorder.begin(roam(RoamKind::forced, wifi, cellular, 1000us));
    recorder.begin(roam(RoamKind::forced, cellular, wifi, 5000us));
    recorder.answered(wifi, 9000us);

    CHECK(recorder.records()[0].result == RoamResult::superseded);
    CHECK_FALSE(recorder.records()[0].answered);
    CHECK(recorder.records()[1].result == RoamResult::moved);
    CHECK(recorder.records()[1].sequence == 2);
}

TEST_CASE("steps on another path than the roam's are not its steps") {
    RoamRecorder recorder;
    recorder.begin(roam(RoamKind::preferred, wifi, cellular, 1000us));
    recorder.first_packet(wifi, 1500us);
    recorder.answered(wifi, 1600us);
    CHECK(recorder.pending());
    CHECK_FALSE(recorder.last()->first_packet);
}

TEST_CASE("the session's choice of ports goes into the record") {
    RoamRecorder recorder;
    recorder.begin(roam(RoamKind::forced, wifi, path_by("wwan0", "10.2.0.2", 0), 1000us));
    recorder.data_moved(cellular, 1100us);
    CHECK(recorder.last()->to == cellular);
}

TEST_CASE("a roam that is refused has failed, one that is done stays done") {
    RoamRecorder recorder;
    recorder.begin(roam(RoamKind::preferred, wifi, cellular, 1000us));
    recorder.failed();
    CHECK(recorder.last()->result == RoamResult::failed);

    recorder.begin(roam(RoamKind::preferred, wifi, cellular, 2000us));
    recorder.answered(cellular, 3000us);
    recorder.failed();
    CHECK(recorder.last()->result == RoamResult::moved);
}

TEST_CASE("steps before any roam are not written down") {
    RoamRecorder recorder;
    recorder.update_sent(1us);
    recorder.data_moved(wifi, 2us);
    recorder.answered(wifi, 3us);
    recorder.first_packet(wifi, 4us);
    recorder.failed();
    CHECK_FALSE(recorder.last());
    CHECK_FALSE(recorder.pending());
}

TEST_CASE("only the last roams are kept, and their numbers go on") {
    RoamRecorder recorder;
    for (int count = 0; count < 250; ++count) {
        recorder.begin(roam(RoamKind::forced, wifi, cellular, 1000us));
    }
    CHECK(recorder.records().size() == max_roam_records);
    CHECK(recorder.records().front().sequence == 151);
    CHECK(recorder.last()->sequence == 250);
}

TEST_CASE("roams are counted by reason and by result, those that are forgotten too") {
    RoamRecorder recorder;
    for (std::size_t number = 0; number < max_roam_records + 5; ++number) {
        recorder.begin(roam(RoamKind::forced, wifi, cellular, 1000us));
    }
    recorder.answered(cellular, 2000us);
    RoamRecord back = roam(RoamKind::preferred, cellular, wifi, 3000us);
    back.reason = "better-path";
    recorder.begin(back);
    recorder.failed();
    recorder.failed();
    CHECK(recorder.by_reason() ==
          WordCounts{{"link-down", max_roam_records + 5}, {"better-path", 1}});
    CHECK(recorder.by_result() ==
          WordCounts{{"superseded", max_roam_records + 4}, {"moved", 1}, {"failed", 1}});
}
