// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/agent/temporary_folder.hpp"

#include <string>

namespace agent_test {

/// A dbus-daemon of our own, as strict as a system bus, with the policy file that roamd installs
/// (which lets root alone own the name; started by another user, that user may as well). The user
/// who starts it may be the system's services, too. Its socket is in a temporary folder.
class PrivateBus {
  public:
    PrivateBus();
    PrivateBus(const PrivateBus&) = delete;
    PrivateBus& operator=(const PrivateBus&) = delete;
    ~PrivateBus() { stop(); }

    [[nodiscard]] const std::string& address() const { return address_; }
    void signal(int number) const;
    void stop();

  private:
    TemporaryFolder folder_;
    std::string address_;
    int pid_ = -1;
};

}  // namespace agent_test
