// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/laptop/secret_file.hpp"

#include "ike/base/expects.hpp"

#include <cstdlib>
#include <fstream>
#include <string>
#include <system_error>

namespace sim {

namespace fs = std::filesystem;

SecretFile::SecretFile(ike::ByteView content) {
    std::string name = (fs::temp_directory_path() / "roamd-sim-XXXXXX").string();
    ike::expects(mkdtemp(name.data()) != nullptr, "a test may make a folder");
    folder_ = name;
    std::ofstream(path(), std::ios::binary)
        .write(reinterpret_cast<const char*>(content.data()),
               static_cast<std::streamsize>(content.size()));
    fs::permissions(path(), fs::perms::owner_read | fs::perms::owner_write);
}

SecretFile::~SecretFile() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

}  // namespace sim
