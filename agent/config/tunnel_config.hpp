// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/clock.hpp"
#include "ike/base/ip.hpp"
#include "ike/base/result.hpp"
#include "ike/eap/method_id.hpp"
#include "ike/session/values/config.hpp"
#include "ike/session/values/reason.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agent {

/// Where in a tunnel file something stands.
struct ConfigPlace {
    unsigned line = 0;  // from 1; 0: the file as a whole
    std::string key;    // "local.private_key"; empty: no key is to blame
    /// Always: two configurations that say the same are equal wherever it stands.
    friend bool operator==(const ConfigPlace&, const ConfigPlace&) { return true; }
};

/// One fault of a tunnel file.
struct ConfigError {
    std::filesystem::path file;
    ConfigPlace place;
    std::string what;
    std::string remedy;

    /// "FILE:LINE: KEY: what is wrong; what would be right"
    [[nodiscard]] std::string text() const;
};
using ConfigErrors = std::vector<ConfigError>;

/// A file that the configuration names, its path made absolute; or a credential, as it is written
/// there (credential.hpp).
struct FileReference {
    std::filesystem::path path;
    ConfigPlace place;
    friend bool operator==(const FileReference&, const FileReference&) = default;
};

/// Who we are, and one of four that proves it: certificate and private_key; pkcs12; user_name and a
/// password (EAP); TunnelConfig::psk_file.
struct LocalConfig {
    std::string id;  // empty: the subject of the certificate
    ConfigPlace place;
    std::optional<FileReference> certificate;
    std::optional<FileReference> private_key;
    std::optional<FileReference> pkcs12;
    std::optional<FileReference> pkcs12_password_file;  // none: no password
    std::string user_name;
    std::optional<FileReference> password_file;
    std::vector<ike::eap::MethodId> eap;  // as the file has it, most wanted first
    /// By which we log in by EAP; empty: we do not.
    [[nodiscard]] std::vector<ike::eap::MethodId> login_methods() const;
    /// The password is in no file: a person is asked for it.
    [[nodiscard]] bool asks_password() const;
    friend bool operator==(const LocalConfig&, const LocalConfig&) = default;
};

enum class CaSource : std::uint8_t {
    files,   // RemoteConfig::ca
    system,  // this machine's trust store
    pkcs12,  // what is beside our own certificate in LocalConfig::pkcs12
};

struct RemoteConfig {
    std::string id;  // the gateway's name, unless said otherwise
    ConfigPlace place;
    ike::auth::IdentityRule rule = ike::auth::IdentityRule::exact;
    bool send_id = true;  // as IDr
    std::vector<FileReference> ca;
    CaSource ca_source = CaSource::files;
    std::string eap_server;             // a DNS name; empty: `id`, which is one then
    std::vector<FileReference> eap_ca;  // empty: `ca`
    friend bool operator==(const RemoteConfig&, const RemoteConfig&) = default;
};

enum class DataPlaneChoice : std::uint8_t { automatic, xfrm, tun };

/// Whether ESP goes in UDP where there is no NAT (RFC 7296 2.23).
enum class UdpEncapsulation : std::uint8_t {
    automatic,  // on a path by which bare ESP brings nothing back
    always,
};

/// The keys about RFC 4555, and about NATs.
struct MobikeConfig {
    bool enabled = true;
    ike::session::RoutabilityCheck return_routability = ike::session::RoutabilityCheck::off;
    bool announce_addresses = false;  // tell the gateway all of ours: RFC 4555 3.4
    bool nat_traversal = true;        // else no NAT may be on the way: RFC 4555 3.9
    UdpEncapsulation udp_encapsulation = UdpEncapsulation::automatic;
    friend bool operator==(const MobikeConfig&, const MobikeConfig&) = default;
};

/// How the name servers that the gateway tells are used.
struct DnsConfig {
    bool enabled = true;               // set them up
    std::vector<std::string> domains;  // whose names they are asked; empty: as the gateway says
    friend bool operator==(const DnsConfig&, const DnsConfig&) = default;
};

/// How long what the tunnel covers may leave by the tunnel only: from when it is first connected
/// until a person ends it, or from the start of the daemon on.
enum class LeakGuardChoice : std::uint8_t { off, while_wanted, always };

/// The networks that are reached beside a tunnel although it covers them.
struct LocalNetworkConfig {
    bool connected = false;             // the private networks that this machine is in
    std::vector<ike::Prefix> networks;  // these
    friend bool operator==(const LocalNetworkConfig&, const LocalNetworkConfig&) = default;
};
inline constexpr std::size_t max_local_networks = 64;

/// Far more than any gateway is known to want.
inline constexpr std::size_t max_child_sas = 16;

/// One tunnel file, all of its values checked in themselves; the files it names are not read yet.
struct TunnelConfig {
    std::string name;  // of the file, without .json
    std::filesystem::path file;
    std::string gateway;  // a name or an address
    LocalConfig local;
    RemoteConfig remote;
    std::optional<FileReference> psk_file;  // of both sides; with a user_name of the gateway alone
    /// The networks of each Child SA, at least one; no two share any address.
    std::vector<std::vector<ike::Prefix>> child_sas;
    bool virtual_ipv4 = true;  // virtual addresses to ask for; none: own_address.hpp
    bool virtual_ipv6 = true;
    std::vector<ike::session::IkeProposal> ike_proposals = ike::session::default_ike_proposals();
    std::vector<ike::session::EspProposal> esp_proposals = ike::session::default_esp_proposals();
    /// Words of insecure_algorithms.hpp; the proposals have what these name.
    std::vector<std::string> insecure_algorithms;
    ike::Duration rekey_ike = std::chrono::hours(4);
    ike::Duration rekey_child = std::chrono::hours(1);
    ike::Duration dpd = std::chrono::seconds(30);  // zero: never
    ike::Duration nat_keepalive = std::chrono::seconds(20);
    ike::Duration hold = std::chrono::minutes(30);  // without any network; zero: for ever
    ike::Duration dwell = std::chrono::seconds(5);  // zero: networks may flap
    MobikeConfig mobike;
    DnsConfig dns;
    DataPlaneChoice data_plane = DataPlaneChoice::automatic;
    bool autoconnect = false;
    LeakGuardChoice leak_guard = LeakGuardChoice::while_wanted;
    LocalNetworkConfig local_network;
    friend bool operator==(const TunnelConfig&, const TunnelConfig&) = default;
};

/// Tunnel files are small; more than this is something else.
inline constexpr std::size_t max_config_size = std::size_t{64} * 1024;

/// `text` as a tunnel file called `file`. Touches no file. All faults are given, not the first
/// only.
ike::Result<TunnelConfig, ConfigErrors> parse_tunnel_config(const std::filesystem::path& file,
                                                            std::string_view text);
/// Reads and parses a tunnel file.
ike::Result<TunnelConfig, ConfigErrors> load_tunnel_config(const std::filesystem::path& file);

/// One line for each fault.
std::string text(const ConfigErrors& errors);

}  // namespace agent
