// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/session/sa/ike_sa.hpp"
#include "ike/session/values/config.hpp"

#include <list>
#include <optional>
#include <variant>
#include <vector>

namespace ike::session {

/// The IKE SAs of a session: the one in use, and for a moment those that a rekey by either side has
/// made or left behind (RFC 7296 1.3.2, 2.8, 2.25). There is always one in use, and their number is
/// bounded.
class IkeSaSet {
  public:
    /// The IKE SA that the gateway's rekey of ours has made. The old one stays in use until the
    /// gateway shows that it has our answer: it may still ask for it, and from addresses that only
    /// the old one can tell it are stale.
    struct Successor {
        IkeSa* sa = nullptr;
        Bytes lowest_nonce;
        bool updated = false;    // the gateway was told of new addresses by the old one since
        bool announced = false;  // likewise of all of ours
    };

    /// `config` and `random` outlive this.
    IkeSaSet(const SessionConfig& config, crypto::Random& random, IkeSa first);
    /// The lifetime of the one in use begins.
    void begin_lifetime(Instant now);

    [[nodiscard]] IkeSa& in_use() { return *in_use_; }
    [[nodiscard]] const IkeSa& in_use() const { return *in_use_; }
    [[nodiscard]] bool is_in_use(const IkeSa& sa) const { return &sa == in_use_; }
    [[nodiscard]] std::optional<Successor>& successor() { return successor_; }
    [[nodiscard]] const std::optional<Successor>& successor() const { return successor_; }
    [[nodiscard]] std::list<IkeSa>& all() { return sas_; }
    [[nodiscard]] const std::list<IkeSa>& all() const { return sas_; }
    /// The IKE SA that a datagram with this header belongs to.
    IkeSa* find(const wire::Header& header);
    /// A request of ours waits for its answer.
    [[nodiscard]] bool any_waiting() const;
    /// The earliest retransmission, or answer of ours that is held back.
    [[nodiscard]] std::optional<Instant> next_deadline() const;

    /// None: nothing is due. It fails when our own library refuses an algorithm.
    using Next = Result<std::optional<Request>, crypto::CryptoError>;
    [[nodiscard]] std::optional<Instant> rekey_due() const { return rekey_at_; }
    Next next_rekey(Instant now);
    /// At once, with the group that the gateway prefers.
    Next rekey_request(std::optional<crypto::GroupId> group);
    void rekey_now(Instant now) { rekey_at_ = now; }

    /// Our rekey of `old` is through. The answer is the IKE SA to use from now on; none where the
    /// gateway's own rekey won (RFC 7296 2.8.2), and then `redundant` is to be deleted.
    struct Made {
        IkeSa* fresh = nullptr;
        IkeSa* redundant = nullptr;
    };
    Result<Made, crypto::CryptoError> on_rekeyed(FreshIkeSa fresh);

    /// The gateway's request to rekey `sa`.
    struct Answer {
        std::vector<wire::Payload> payloads;
        InFlight lost;  // of a former successor, which the gateway has given up
    };
    Result<Answer, crypto::CryptoError> answer_rekey(const IkeSa& sa,
                                                     std::span<const wire::Payload> payloads);

    /// This one is used from now on. A request that the other one had in flight stays there.
    void use(IkeSa& sa, Instant now);
    /// An IKE SA that is not in use any more is gone; what it had in flight is to be said anew on
    /// the one that is.
    InFlight drop(IkeSa& sa);
    /// No keys, no requests: the end. References to IKE SAs stay valid.
    void forget_keys();

  private:
    Result<IkeSa*, crypto::CryptoError> adopt(FreshIkeSa fresh);

    const SessionConfig& config_;
    crypto::Random& random_;
    std::list<IkeSa> sas_;
    IkeSa* in_use_ = nullptr;
    std::optional<Successor> successor_;
    Instant rekey_at_;
};

}  // namespace ike::session
