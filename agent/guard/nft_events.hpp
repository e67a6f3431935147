// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/guard/nftables.hpp"
#include "netwatch/fd.hpp"

namespace agent::guard {

/// The kernel's messages about changes of nftables (NFNLGRP_NFTABLES), by whomever.
class NftEvents {
  public:
    static NftablesResult<NftEvents> open();

    [[nodiscard]] int fd() const { return fd_.get(); }
    /// Reads all that waits. True: something in a table of our name has changed, perhaps by us, or
    /// the kernel had no room for a message. Never blocks.
    [[nodiscard]] bool read();

  private:
    explicit NftEvents(netwatch::Fd fd) : fd_(std::move(fd)) {}
    netwatch::Fd fd_;
};

}  // namespace agent::guard
