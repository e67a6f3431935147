// SPDX-License-Identifier: Apache-2.0
#include "ike/wire/proposal.hpp"

#include <algorithm>

namespace ike::wire {

namespace {

bool holds(const Proposal& proposal, const Transform& transform) {
    return std::ranges::find(proposal.transforms, transform) != proposal.transforms.end();
}

auto count_of(const Proposal& proposal, TransformType type) {
    return std::ranges::count(proposal.transforms, type, &Transform::type);
}

/// RFC 7296 3.3.2: the transform that stands for leaving its type out. Encryption, PRF and ESN are
/// never left out; ESN has a 0 of another meaning.
std::optional<Transform> none_of(TransformType type) {
    switch (type) {
        case TransformType::integ:
        case TransformType::ke:
            return Transform{.type = type, .id = 0};
        case TransformType::encr:
        case TransformType::prf:
        case TransformType::esn:
            return std::nullopt;
    }
    return std::nullopt;
}

/// RFC 7296 3.3.3: whether doing without this type is one of the alternatives.
bool may_lack(const Proposal& proposal, TransformType type) {
    const auto none = none_of(type);
    return count_of(proposal, type) == 0 || (none && holds(proposal, *none));
}

/// The transform of a type that both sides take, the peer's preference first.
const Transform* first_common(const Proposal& offered, const Proposal& ours, TransformType type) {
    const auto found = std::ranges::find_if(offered.transforms, [&](const Transform& transform) {
        // RFC 7296 3.3.6: one with an attribute we do not understand is unacceptable.
        return transform.type == type && !transform.unknown_attributes && holds(ours, transform);
    });
    return found == offered.transforms.end() ? nullptr : &*found;
}

std::optional<Proposal> choose_from(const Proposal& offered, const Proposal& ours) {
    if (offered.protocol != ours.protocol) {
        return std::nullopt;
    }
    Proposal chosen{
        .number = offered.number, .protocol = offered.protocol, .spi = {}, .transforms = {}};
    for (const Transform& candidate : offered.transforms) {
        const TransformType type = candidate.type;
        if (find(chosen, type) != nullptr) {
            continue;
        }
        if (const Transform* common = first_common(offered, ours, type)) {
            chosen.transforms.push_back(*common);
        } else if (const auto none = none_of(type);
                   none && may_lack(offered, type) && may_lack(ours, type)) {
            chosen.transforms.push_back(*none);
        } else {
            return std::nullopt;
        }
    }
    // RFC 7296 3.3.6: a proposal that lacks a type that we can't do without is unacceptable.
    const bool complete = std::ranges::all_of(ours.transforms, [&](const Transform& transform) {
        return count_of(chosen, transform.type) == 1 || may_lack(ours, transform.type);
    });
    return complete ? std::optional(std::move(chosen)) : std::nullopt;
}

}  // namespace

const Transform* find(const Proposal& proposal, TransformType type) {
    const auto found = std::ranges::find(proposal.transforms, type, &Transform::type);
    return found == proposal.transforms.end() ? nullptr : &*found;
}

bool is_choice_from(const Proposal& chosen, const Proposal& offered) {
    if (chosen.number != offered.number || chosen.protocol != offered.protocol) {
        return false;
    }
    // RFC 7296 3.3.6: a single transform of each type, with its attributes unmodified.
    const bool taken = std::ranges::all_of(chosen.transforms, [&](const Transform& transform) {
        return !transform.unknown_attributes && holds(offered, transform) &&
               count_of(chosen, transform.type) == 1;
    });
    return taken && std::ranges::all_of(offered.transforms, [&](const Transform& transform) {
               return count_of(chosen, transform.type) == 1 || may_lack(offered, transform.type);
           });
}

bool is_choice_from(const SaPayload& chosen, const SaPayload& offered) {
    return chosen.proposals.size() == 1 &&
           std::ranges::any_of(offered.proposals, [&](const Proposal& proposal) {
               return is_choice_from(chosen.proposals.front(), proposal);
           });
}

std::optional<Proposal> choose(const SaPayload& offered, std::span<const Proposal> acceptable) {
    for (const Proposal& proposal : offered.proposals) {
        for (const Proposal& ours : acceptable) {
            if (auto chosen = choose_from(proposal, ours)) {
                return chosen;
            }
        }
    }
    return std::nullopt;
}

}  // namespace ike::wire
