// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sdbus-c++/IConnection.h>

#include <functional>
#include <string>
#include <vector>

namespace agent {

/// Tells when a service appears on a bus or leaves it; not whether it is there to begin with.
class NameOwner {
  public:
    /// Waits for the bus. Throws sdbus::Error.
    NameOwner(sdbus::IConnection& connection, const std::string& name,
              std::function<void(bool there)> on_changed);

  private:
    sdbus::Slot match_;
};

}  // namespace agent
