// SPDX-License-Identifier: Apache-2.0
#include "agent/dns/system_resolver.hpp"

#include "agent/linux/event_fd.hpp"
#include "netwatch/fd.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <cstring>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

namespace agent {

using ike::Fail;
using ike::IpAddress;

using Addresses = ike::Result<std::vector<IpAddress>, ResolveError>;

/// Shared by the thread and the loop. The thread writes `result`, then raises `done`.
struct Resolver::Question {
    std::string name;
    netwatch::Fd done = make_event_fd();
    std::mutex mutex;
    std::optional<Addresses> result;
};

namespace {

std::optional<IpAddress> address_of(const sockaddr* address) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(address);
    if (address->sa_family == AF_INET) {
        return IpAddress::from_bytes({bytes + offsetof(sockaddr_in, sin_addr), 4});
    }
    if (address->sa_family == AF_INET6) {
        return IpAddress::from_bytes({bytes + offsetof(sockaddr_in6, sin6_addr), 16});
    }
    return std::nullopt;
}

Addresses ask(const std::string& name) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_DGRAM;
    addrinfo* list = nullptr;
    if (const int error = ::getaddrinfo(name.c_str(), nullptr, &hints, &list); error != 0) {
        const char* why = error == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(error);
        return Fail{ResolveError{name + ": " + why}};
    }
    std::vector<IpAddress> addresses;
    for (const addrinfo* item = list; item != nullptr; item = item->ai_next) {
        if (const auto address = address_of(item->ai_addr)) {
            addresses.push_back(*address);
        }
    }
    ::freeaddrinfo(list);
    if (addresses.empty()) {
        return Fail{ResolveError{name + ": no address"}};
    }
    return addresses;
}

}  // namespace

void Resolver::resolve(const std::string& name, Answer answer) {
    cancel();
    question_ = std::make_shared<Question>();
    question_->name = name;
    answer_ = std::move(answer);
    if (!question_->done) {
        question_->result = Fail{ResolveError{name + ": " + std::strerror(errno)}};
        loop_.post([this, asked = std::weak_ptr(question_)] {
            if (!asked.expired()) {  // nor is this object gone
                finish();
            }
        });
        return;
    }
    answered_ = loop_.watch(question_->done.get(), EPOLLIN, [this](std::uint32_t) { finish(); });
    const auto answer_with = [](Question& question, Addresses result) {
        const std::lock_guard lock(question.mutex);
        question.result = std::move(result);
        ::eventfd_write(question.done.get(), 1);
    };
    if (const auto literal = IpAddress::parse(name)) {
        answer_with(*question_, std::vector{*literal});
        return;
    }
    try {
        std::thread([question = question_, answer_with] {
            answer_with(*question, ask(question->name));
        }).detach();
    } catch (const std::system_error& error) {
        answer_with(*question_, Fail{ResolveError{name + ": " + error.what()}});
    }
}

void Resolver::cancel() {
    answered_.reset();
    question_.reset();
    answer_ = nullptr;
}

void Resolver::finish() {
    const auto question = std::move(question_);
    const Answer answer = std::move(answer_);
    cancel();
    std::optional<Addresses> result;
    {
        const std::lock_guard lock(question->mutex);
        result = std::move(question->result);
    }
    answer(std::move(*result));
}

}  // namespace agent
