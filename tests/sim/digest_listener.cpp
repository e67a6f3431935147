// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/world/digest.hpp"

#include <doctest/doctest.h>

#include <iostream>

namespace {

/// With ROAMD_SIM_DIGEST in the environment: a line for each test, "digest 0123456789abcdef name of
/// the test".
class DigestListener final : public doctest::IReporter {
  public:
    explicit DigestListener(const doctest::ContextOptions&) {}

    void test_case_start(const doctest::TestCaseData& test) override {
        name_ = test.m_name;
        sim::begin_digest();
    }
    void test_case_end(const doctest::CurrentTestCaseStats&) override {
        if (const sim::Digest* digest = sim::current_digest()) {
            std::cout << "digest " << digest->text() << " " << name_ << "\n";
        }
    }

    void report_query(const doctest::QueryData&) override {}
    void test_run_start() override {}
    void test_run_end(const doctest::TestRunStats&) override {}
    void test_case_reenter(const doctest::TestCaseData&) override {}
    void test_case_exception(const doctest::TestCaseException&) override {}
    void subcase_start(const doctest::SubcaseSignature&) override {}
    void subcase_end() override {}
    void log_assert(const doctest::AssertData&) override {}
    void log_message(const doctest::MessageData&) override {}
    void test_case_skipped(const doctest::TestCaseData&) override {}

  private:
    const char* name_ = "";
};

}  // namespace

REGISTER_LISTENER("digest", 1, DigestListener);
