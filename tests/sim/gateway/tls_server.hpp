// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike/base/bytes.hpp"
#include "ike/eap/packet.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace sim::gateway {

/// The EAP server of EAP-TLS, PEAP and TTLS, and how it misbehaves.
struct TlsServerConfig {
    std::string certificate_pem = {};  // empty: that of eap_pki()
    std::string key_pem = {};
    std::string client_ca_pem = {};  // empty: that of eap_pki()
    bool tls13 = true;
    std::size_t fragment_size = 400;
    std::string ciphers = "DEFAULT";

    bool fragments_without_end = false;
    bool without_commitment = false;  // EAP-Success where RFC 9190 has it wait
    bool wrong_length = false;        // that it announces
    enum class Binding { none, right, wrong } binding = Binding::right;  // of PEAP
    bool skips_inner = false;  // PEAP's word of success, and nobody asked for the password
};

/// TLS in the data of EAP (RFC 5216 2.1.5), the server's side, by OpenSSL.
class TlsServer {
  public:
    TlsServer(TlsServerConfig config, ike::eap::Type type);
    ~TlsServer();
    TlsServer(const TlsServer&) = delete;
    TlsServer& operator=(const TlsServer&) = delete;

    static ike::Bytes start();
    enum class State {
        talking,  // request() is the next, of TLS's own
        open,     // plaintext() is for the method
        broken,   // nothing more comes of it
    };
    State on_response(ike::ByteView data);
    ike::Bytes request();
    [[nodiscard]] ike::ByteView plaintext() const;
    /// What leaves with the next request.
    void send(ike::ByteView plaintext);
    [[nodiscard]] bool is_tls13() const;
    [[nodiscard]] ike::Bytes exported(std::string_view label, bool with_type,
                                      std::size_t size) const;
    /// RFC 5216 2.3, RFC 9190 2.3: 128 bytes.
    [[nodiscard]] ike::Bytes key_material(std::string_view label) const;

  private:
    struct Tls;
    void take_records();
    State handshake();

    TlsServerConfig config_;
    ike::eap::Type type_;
    std::unique_ptr<Tls> tls_;
    ike::Bytes inbound_, outbound_, plaintext_;
    std::size_t sent_ = 0;
    bool broken_ = false;
};

}  // namespace sim::gateway
