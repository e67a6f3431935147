// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/exchange/in_flight.hpp"
#include "ike/session/mobike/return_routability.hpp"
#include "ike/session/values/address_pair.hpp"
#include "ike/session/values/event.hpp"
#include "ike/session/values/flow_experience.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ike::session {

/// RFC 7296 2.23: who says that there is a NAT has both sides put ESP into UDP.
ClaimNat claim_for(const SessionConfig& config, const FlowExperience& experience,
                   const AddressPair& addresses);

/// The addresses of the IKE SA and of the Child SAs, as RFC 4555 3.5 tells an initiator to keep
/// them: which path is in use, which better one is tested, which one was left and may be gone back
/// to; when the gateway is to be told (UPDATE_SA_ADDRESSES), and by which path ESP leaves
/// meanwhile.
///
/// A forced move changes the current path at once. A preferred one makes a candidate: all requests
/// leave by it, ESP stays. Once an answer has come in by it, ESP waits for what is under way by the
/// slower path, the candidate becomes current, the gateway is told, and ESP follows.
class PathManager {
  public:
    /// To be done in this order: emit; if `switched`, forget what was measured on the former path;
    /// if `resend`, send the requests in flight anew by requests().
    struct Outcome {
        std::vector<Event> events;
        bool switched = false;
        bool resend = false;
        bool udp_refused = false;  // the gateway does not take ESP in UDP by the current path
    };

    /// `config` and `experience` outlive this. `nat`: none if the gateway knows no NAT traversal.
    PathManager(const SessionConfig& config, const FlowExperience& experience, const Path& path,
                const std::optional<NatVerdict>& nat, bool supported);

    // The paths.
    [[nodiscard]] const Path& current() const { return current_; }
    [[nodiscard]] const Path& esp() const { return esp_stays_ ? *esp_stays_ : current_; }
    /// Where requests of ours leave. All do by a candidate, for the path in use may be no good.
    [[nodiscard]] const Path& requests() const {
        return candidate_ ? *candidate_ : waiting_ ? waiting_->path : current_;
    }
    [[nodiscard]] Path path_to(const AddressPair& addresses) const;
    [[nodiscard]] bool lives(const Path& path) const;
    /// ESP goes by it, or may soon.
    [[nodiscard]] bool is_in_use(const Path& path) const;
    [[nodiscard]] bool is_tested() const { return candidate_.has_value(); }
    /// The gateway has yet to say whether it can be had by a better path.
    [[nodiscard]] bool can_go_back() const { return candidate_ || waiting_ || left_; }
    /// A better path is taken at next_deadline(); until then nothing is asked.
    [[nodiscard]] bool is_about_to_switch() const { return waiting_.has_value(); }
    [[nodiscard]] bool esp_goes_by_current() const { return !esp_stays_; }

    // The gateway's words.
    [[nodiscard]] bool supported() const { return supported_; }
    [[nodiscard]] const NatVerdict& nat() const { return nat_; }
    [[nodiscard]] bool knows_nat_traversal() const { return nat_t_; }
    /// RFC 7296 2.23: ESP goes in UDP where there is a NAT, or where we always want it so.
    [[nodiscard]] bool udp_encapsulated() const;
    /// RFC 3948 4: who is behind a NAT keeps its mapping alive. So does who has found that bare ESP
    /// is swallowed: a firewall that does that lets in what belongs to UDP that it has seen leave.
    [[nodiscard]] bool keeps_mapping() const;
    /// RFC 4555 3.8: a NAT may change what it makes of our address.
    [[nodiscard]] bool watches_mapping() const { return supported_ && nat_t_ && nat_.local; }
    /// The NAT_DETECTION payloads of a request by the current path.
    [[nodiscard]] std::vector<wire::Payload> nat_detection_payloads(const IkeSpis& spis) const;
    /// RFC 4555 3.9: what may change addresses says from where to where it was sent.
    void forbid_nat(std::vector<wire::Payload>& payloads) const;

    // Moves.
    enum class Verdict : std::uint8_t { moved, stays, without_mobike };
    /// `resumed`: until now there was no path at all. `without_mobike`: the path that was used is
    /// gone, and the gateway can not follow.
    Verdict move(const AddressPair& addresses, bool forced, bool resumed, Outcome& outcome);
    void hold();
    /// The current path is dead and this one works.
    Outcome fail_over(const AddressPair& addresses, Duration asked);
    /// The candidate is not tested any more, ESP goes on by the path that it went by. The gateway
    /// may have heard of it.
    Outcome abandon_test();
    /// The gateway can't be had by the new path, or refuses it. Where there is one that lives, that
    /// is used on. Once the gateway was told of the new one it has to hear of the change back, too.
    Outcome go_back(const std::string& why);

    // The test of a candidate, RFC 4555 3.10.
    [[nodiscard]] std::optional<Instant> test_due() const;
    std::optional<Request> next_test(Instant now) const;
    /// An answer proves the path that it came in by, and no other. Libreswan answers a test by the
    /// new path and by the old one, and the old one may be faster: the test goes on until its
    /// answer comes by the tested path, or has not come for all its retransmissions.
    [[nodiscard]] bool stays_open(const InFlight& request, const Path& answered_by) const;
    /// An answer came in by this path. `margin`: how long a packet by it has to wait, not to
    /// overtake what left before by the current one; a gateway takes that for replays, or follows
    /// the addresses of ESP back.
    Outcome on_answer_by(const Path& path, Duration margin, Instant now);
    [[nodiscard]] std::optional<Instant> next_deadline() const;
    Outcome on_timer(Instant now);

    // UPDATE_SA_ADDRESSES, RFC 4555 3.5.
    void want_update() { update_.wanted = true; }
    [[nodiscard]] std::optional<Instant> update_due() const;
    std::optional<Request> next_update(Instant now, const IkeSpis& spis);
    /// The same, whether it is due or not: its answer tells more than the path.
    Request update(const IkeSpis& spis);
    Outcome on_updated(const UpdateAddresses& update, std::span<const wire::Payload> payloads,
                       const IkeSpis& spis);
    Outcome on_update_refused(const UpdateAddresses& update, wire::NotifyType error, Instant now);

    // Return routability, RFC 4555 3.7.
    [[nodiscard]] std::optional<Challenge> challenge(const InFlight& request,
                                                     crypto::Random& random) const;
    Outcome on_challenge_met(const Challenge& challenge, bool on_hold);

  private:
    /// A better path has passed its test. It is taken when what is under way by the present, slower
    /// one has arrived.
    struct Waiting {
        Path path;
        Instant until;
    };
    [[nodiscard]] ClaimNat claim(const Path& path) const {
        return claim_for(config_, experience_, addresses_of(path));
    }
    [[nodiscard]] Duration time_to_follow(const Path& path) const;
    void switch_if_due(Instant now, Outcome& outcome);
    void esp_follows(Outcome& outcome);
    void stay_behind(Outcome& outcome);
    void switch_to(const Path& path, Outcome& outcome);
    void set_current(const Path& path, Outcome& outcome);
    bool postpone_update(Instant now);
    void update_at_once();

    const SessionConfig& config_;
    const FlowExperience& experience_;
    ReturnRoutability routability_;
    bool supported_;  // the gateway sent MOBIKE_SUPPORTED
    bool nat_t_;      // both sides know NAT traversal: port 4500
    NatVerdict nat_;
    bool claims_nat_;  // the gateway was told of a NAT for the sake of ESP in UDP

    Path current_;                   // ESP leaves by this one, or soon will
    std::optional<Path> esp_stays_;  // until `current_` has passed its return routability check
    std::optional<Instant> esp_waits_until_;  // then too: for the gateway to follow to `current_`
    std::optional<Path> candidate_;           // a better one, that is being tested
    std::optional<Waiting> waiting_;
    std::optional<Path> left_;  // lives, and was left for `current_`, which is not confirmed yet

    struct Update {
        bool wanted = false;     // the gateway is to be told of `current_`
        Instant from{};          // not before: it was busy
        unsigned postponed = 0;  // how often it was, one after the other
    };
    Update update_;
};

}  // namespace ike::session
