// SPDX-License-Identifier: Apache-2.0
#include "ike/session/sa/rekey_refusals.hpp"

#include <doctest/doctest.h>

using namespace ike;
using namespace ike::session;
using namespace std::chrono_literals;
using wire::NotifyType;

namespace {

/// At which refusal of this kind, one after the other, it is hopeless.
unsigned hopeless_at(NotifyType type, bool carries) {
    RekeyRefusals refusals;
    for (unsigned count = 1; count <= 1000; ++count) {
        if (refusals.refused(type, carries).hopeless) {
            return count;
        }
    }
    return 0;
}

}  // namespace

TEST_CASE("TEMPORARY_FAILURE is waited out for several minutes where packets flow [RFC7296-2.25]") {
    RekeyRefusals refusals;
    CHECK(refusals.refused(NotifyType::temporary_failure, true).wait == 4s);
    CHECK(hopeless_at(NotifyType::temporary_failure, true) == 100);
    CHECK(hopeless_at(NotifyType::temporary_failure, false) == 10);
}

TEST_CASE("another refusal may pass, too, but not five times, and not three with no Child SA") {
    RekeyRefusals refusals;
    CHECK(refusals.refused(NotifyType::no_proposal_chosen, true).wait == 1min);
    CHECK(refusals.refused(NotifyType::no_proposal_chosen, false).wait == 4s);
    CHECK(hopeless_at(NotifyType::no_proposal_chosen, true) == 5);
    CHECK(hopeless_at(NotifyType::ts_unacceptable, false) == 3);
}

TEST_CASE("NO_ADDITIONAL_SAS is hopeless at once [RFC7296-1.3]") {
    CHECK(hopeless_at(NotifyType::no_additional_sas, true) == 1);
    CHECK(hopeless_at(NotifyType::no_additional_sas, false) == 1);
}

TEST_CASE("a rekey that is granted makes the refusals before it count for nothing") {
    RekeyRefusals refusals;
    for (int round = 0; round < 10; ++round) {
        for (int count = 0; count < 4; ++count) {
            CHECK_FALSE(refusals.refused(NotifyType::no_proposal_chosen, true).hopeless);
        }
        refusals.granted();
    }
}

TEST_CASE("TEMPORARY_FAILURE does not use up the patience with other refusals") {
    RekeyRefusals refusals;
    for (int count = 0; count < 50; ++count) {
        CHECK_FALSE(refusals.refused(NotifyType::temporary_failure, true).hopeless);
    }
    for (int count = 0; count < 4; ++count) {
        CHECK_FALSE(refusals.refused(NotifyType::no_proposal_chosen, true).hopeless);
    }
    CHECK(refusals.refused(NotifyType::no_proposal_chosen, true).hopeless);
}

TEST_CASE("each fourth TEMPORARY_FAILURE is suspicious, and nothing else is") {
    RekeyRefusals refusals;
    CHECK_FALSE(refusals.is_suspicious());
    refusals.refused(NotifyType::no_proposal_chosen, true);
    CHECK_FALSE(refusals.is_suspicious());
    for (int count = 1; count <= 12; ++count) {
        refusals.refused(NotifyType::temporary_failure, true);
        CHECK(refusals.is_suspicious() == (count % 4 == 0));
    }
}
