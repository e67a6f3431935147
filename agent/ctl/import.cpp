// SPDX-License-Identifier: Apache-2.0
#include "agent/import/import.hpp"

#include "agent/config/session_config.hpp"
#include "agent/config/trusted_file.hpp"
#include "agent/ctl/commands.hpp"
#include "agent/ctl/table.hpp"
#include "netwatch/fd.hpp"

#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <iostream>
#include <system_error>
#include <utility>

namespace agent::ctl {

namespace {

using ike::crypto::SecretBytes;
using netwatch::Fd;

/// A profile is whose it is: nothing of it counts before root has it written.
ike::Result<SecretBytes, ValueFault> read_profile(const std::filesystem::path& file) {
    const Fd fd(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    struct stat status {};
    if (!fd || ::fstat(fd.get(), &status) != 0) {
        return ike::Fail{unreadable(file, errno)};
    }
    if (!S_ISREG(status.st_mode) || std::cmp_greater(status.st_size, max_import_size)) {
        return ike::Fail{ValueFault{
            file.string() + " is no file of at most " + std::to_string(max_import_size) + " bytes",
            "name the profile itself"}};
    }
    SecretBytes content(static_cast<std::size_t>(status.st_size));
    std::size_t filled = 0;
    while (filled < content.size()) {
        const auto rest = content.bytes().subspan(filled);
        const ssize_t count = ::read(fd.get(), rest.data(), rest.size());
        if (count <= 0) {
            return ike::Fail{unreadable(file, count < 0 ? errno : EIO)};
        }
        filled += static_cast<std::size_t>(count);
    }
    return content;
}

/// One folder that files are put into: each whole or not at all, readable for its owner only,
/// through no link, and over nothing unless `force`.
class TargetFolder {
  public:
    TargetFolder(std::filesystem::path path, bool force)
        : path_(std::move(path)),
          force_(force),
          folder_(::open(path_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {}

    [[nodiscard]] std::optional<ValueFault> fault() const {
        if (!folder_) {
            return ValueFault{"there is no folder " + path_.string(),
                              "sudo mkdir -p -m 755 " + path_.string()};
        }
        return std::nullopt;
    }

    [[nodiscard]] std::string path_of(const std::string& name) const {
        return (path_ / name).string();
    }

    [[nodiscard]] std::optional<ValueFault> taken(const std::string& name) const {
        struct stat status {};
        if (force_ || ::fstatat(folder_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
            return std::nullopt;
        }
        return ValueFault{path_of(name) + " is there already",
                          "move it away, or say --force to write over it"};
    }

    [[nodiscard]] std::optional<ValueFault> write(const std::string& name,
                                                  ike::ByteView content) const {
        const std::string draft = "." + name + ".new";
        ::unlinkat(folder_.get(), draft.c_str(), 0);
        const Fd fd(::openat(folder_.get(), draft.c_str(),
                             O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                             S_IRUSR | S_IWUSR));
        bool done = static_cast<bool>(fd);
        while (done && !content.empty()) {
            const ssize_t count = ::write(fd.get(), content.data(), content.size());
            done = count > 0;
            content = content.subspan(done ? static_cast<std::size_t>(count) : 0);
        }
        done = done && ::fsync(fd.get()) == 0 &&
               ::renameat2(folder_.get(), draft.c_str(), folder_.get(), name.c_str(),
                           force_ ? 0 : RENAME_NOREPLACE) == 0;
        if (done) {
            return std::nullopt;
        }
        const int error = errno;
        ::unlinkat(folder_.get(), draft.c_str(), 0);
        return ValueFault{
            "can't write " + path_of(name) + ": " + std::generic_category().message(error),
            error == EACCES || error == EPERM ? "run it as root: sudo roamctl import"
                                              : "look at the folder"};
    }

  private:
    std::filesystem::path path_;
    bool force_;
    Fd folder_;
};

std::optional<ValueFault> write(const TargetFolder& folder, const Import& tunnel) {
    for (const ImportedFile& file : tunnel.files) {
        if (auto fault = folder.write(file.name, file.content.view())) {
            return fault;
        }
    }
    return folder.write(tunnel.name + ".json", ike::as_bytes(tunnel.tunnel_file));
}

std::optional<ValueFault> write_all(const TargetFolder& folder,
                                    const std::vector<Import>& tunnels) {
    if (auto fault = folder.fault()) {
        return fault;
    }
    for (const Import& tunnel : tunnels) {
        auto fault = folder.taken(tunnel.name + ".json");
        for (const ImportedFile& file : tunnel.files) {
            fault = fault ? fault : folder.taken(file.name);
        }
        if (fault) {
            return fault;
        }
    }
    for (const Import& tunnel : tunnels) {
        if (auto fault = write(folder, tunnel)) {
            return fault;
        }
    }
    return std::nullopt;
}

/// What `roamctl check` says of it; a file that is missing is told otherwise.
std::string faults_of(const TargetFolder& folder, const Import& tunnel) {
    if (!tunnel.missing.empty()) {
        return {};
    }
    const auto config = load_tunnel_config(folder.path_of(tunnel.name + ".json"));
    if (!config) {
        return agent::text(config.error());
    }
    const auto session = make_session_config(*config);
    return session ? std::string() : agent::text(session.error());
}

std::string quoted(const std::string& path) {
    return path.find_first_of(" '\"\\$") == std::string::npos ? path : "'" + path + "'";
}

void print(const TargetFolder& folder, const Import& tunnel) {
    std::cout << "tunnel " << tunnel.name << ": " << folder.path_of(tunnel.name + ".json") << "\n";
    for (const ImportedFile& file : tunnel.files) {
        std::cout << "  and " << folder.path_of(file.name) << "\n";
    }
    for (const std::string& each : tunnel.left_out) {
        std::cout << "  not carried over: " << printable(each) << "\n";
    }
    for (const MissingFile& file : tunnel.missing) {
        std::cout << "  missing: " << printable(file.what) << "\n";
    }
    if (const std::string faults = faults_of(folder, tunnel); !faults.empty()) {
        std::cout << "  not right yet: " << printable_lines(faults) << "\n";
    }
    std::cout << "next:\n";
    for (const MissingFile& file : tunnel.missing) {
        std::cout << "  sudo install -m 600 /dev/stdin " << quoted(folder.path_of(file.name))
                  << "    # " << printable(file.what) << ", then Ctrl-D\n";
    }
    std::cout << "  sudo roamctl reload && sudo roamctl up "
              << (tunnel.asks_password ? "--ask " : "") << tunnel.name << "\n";
}

std::string json(const TargetFolder& folder, const std::vector<Import>& tunnels) {
    using Json = nlohmann::ordered_json;
    Json list = Json::array();
    for (const Import& tunnel : tunnels) {
        Json files = Json::array();
        for (const ImportedFile& file : tunnel.files) {
            files.push_back(folder.path_of(file.name));
        }
        Json missing = Json::array();
        for (const MissingFile& file : tunnel.missing) {
            missing.push_back({{"file", folder.path_of(file.name)}, {"what", file.what}});
        }
        list.push_back({{"name", tunnel.name},
                        {"file", folder.path_of(tunnel.name + ".json")},
                        {"files", files},
                        {"missing", missing},
                        {"asks_password", tunnel.asks_password},
                        {"not_carried_over", tunnel.left_out}});
    }
    return list.dump(2, ' ', false, Json::error_handler_t::replace);
}

ExitCode refuse(const std::string& where, const ValueFault& fault) {
    std::cerr << "roamctl: " << printable_lines(where + fault.what + "; " + fault.remedy) << "\n";
    return exit_usage;
}

}  // namespace

ExitCode import_file(const Context& context, const std::filesystem::path& file,
                     const ImportOptions& options) {
    const auto content = read_profile(file);
    if (!content) {
        return refuse("", content.error());
    }
    const auto tunnels =
        import_profile({file.filename().string(), content->view(), options.gateway});
    if (!tunnels) {
        return refuse(file.string() + ": ", tunnels.error());
    }
    const TargetFolder folder(options.folder, options.force);
    if (const auto fault = write_all(folder, *tunnels)) {
        return refuse("", *fault);
    }
    if (context.json) {
        std::cout << json(folder, *tunnels) << "\n";
        return exit_done;
    }
    for (const Import& tunnel : *tunnels) {
        print(folder, tunnel);
    }
    return exit_done;
}

}  // namespace agent::ctl
