// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/base/event_loop.hpp"
#include "agent/dns/name_service.hpp"

#include <memory>
#include <string>

namespace agent {

/// Turns the name of a gateway into its addresses, in the order of RFC 6724. getaddrinfo() blocks,
/// so a thread of its own asks; an address given as text needs none.
class Resolver {
  public:
    using Answer = NameService::Answer;

    explicit Resolver(EventLoop& loop) : loop_(loop) {}
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;
    ~Resolver() { cancel(); }

    /// `answer` is called on the loop's thread, later; a question before it is forgotten.
    void resolve(const std::string& name, Answer answer);
    /// No answer comes any more. The thread, if it waits for a name server, ends by itself.
    void cancel();

  private:
    struct Question;

    void finish();

    EventLoop& loop_;
    Answer answer_;
    std::shared_ptr<Question> question_;  // owned also by the thread, which may outlive us
    EventSource answered_;
};

}  // namespace agent
