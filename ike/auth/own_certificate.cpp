// SPDX-License-Identifier: Apache-2.0
#include "ike/auth/own_certificate.hpp"

#include "ike/auth/identity.hpp"

namespace ike::auth {

namespace {

std::string day_text(std::chrono::system_clock::time_point at) {
    const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(at));
    const auto two = [](unsigned number) {
        return (number < 10 ? "0" : "") + std::to_string(number);
    };
    return std::to_string(static_cast<int>(day.year())) + "-" +
           two(static_cast<unsigned>(day.month())) + "-" + two(static_cast<unsigned>(day.day()));
}

}  // namespace

std::optional<std::string> own_certificate_fault(const LocalCredentials& local,
                                                 std::chrono::system_clock::time_point at) {
    const auto* own = std::get_if<CertificateKey>(&local.proof);
    if (own == nullptr || own->chain.empty()) {
        return std::nullopt;
    }
    const crypto::Certificate& certificate = own->chain.front();
    const std::string ours = "our certificate " + certificate.subject();
    if (certificate.not_after() < at) {
        return ours + " has expired on " + day_text(certificate.not_after());
    }
    if (at < certificate.not_before()) {
        return ours + " is not valid before " + day_text(certificate.not_before());
    }
    if (!certifies(certificate, local.id)) {
        return ours + " does not hold local.id " + identity_text(local.id);
    }
    return std::nullopt;
}

}  // namespace ike::auth
