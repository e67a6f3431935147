// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/values/config.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace agent {

// What a tunnel file may list under "insecure_algorithms", for gateways that have nothing else.

/// SHA-1 in AUTH signatures; the other words name what stands in proposals.
inline constexpr std::string_view sha1_signatures = "sha1-signatures";

std::span<const std::string_view> insecure_words();

/// The words that somebody has to list before this proposal is asked for; mostly none.
std::vector<std::string_view> insecure_in(const ike::session::IkeProposal& proposal);
std::vector<std::string_view> insecure_in(const ike::session::EspProposal& proposal);

/// Adds what these words name, as the last choice.
void add_insecure(ike::session::IkeProposal& proposal, std::span<const std::string> words);
void add_insecure(ike::session::EspProposal& proposal, std::span<const std::string> words);

/// For people: "sha1, modp1024".
std::string words_text(std::span<const std::string> words);

}  // namespace agent
