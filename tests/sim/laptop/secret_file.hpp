// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"

#include <filesystem>

namespace sim {

/// A file that only its owner may read, in a folder of its own; removed at the end.
class SecretFile {
  public:
    explicit SecretFile(ike::ByteView content);
    SecretFile(const SecretFile&) = delete;
    SecretFile& operator=(const SecretFile&) = delete;
    ~SecretFile();

    [[nodiscard]] std::filesystem::path path() const { return folder_ / "psk"; }

  private:
    std::filesystem::path folder_;
};

}  // namespace sim
