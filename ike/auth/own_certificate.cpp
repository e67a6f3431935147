// SPDX-License-Identifier: Apache-2.0
#include "ike/auth/own_certificate.hpp"

#include "ike/auth/identity.hpp"

#include <algorithm>

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

std::vector<crypto::Certificate> in_chain_order(std::vector<crypto::Certificate> certificates,
                                                const crypto::PrivateKey& key) {
    auto next = std::ranges::find_if(
        certificates, [&](const auto& certificate) { return key.belongs_to(certificate); });
    for (auto place = certificates.begin(); next != certificates.end(); ++place) {
        std::rotate(place, next, std::next(next));
        next = std::find_if(std::next(place), certificates.end(), [&](const auto& certificate) {
            return certificate.may_have_issued(*place);
        });
    }
    return certificates;
}

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
