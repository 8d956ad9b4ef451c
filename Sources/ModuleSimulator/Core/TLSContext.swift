/// One SSL context of SSLCFG (YM310 AT manual 9.7); nil is what has not been set. It lives in RAM.
struct TLSContext: Equatable {
    /// The contexts there are: TCP links, FTP, MQTT, HTTP.
    static let identifiers: Set<Int> = [0, 1, 2, 3, 4, 5, 34, 88, 153]
    /// The one of MQTT.
    static let mqtt = 88

    enum Key: String, CaseIterable {
        case sslversion, ciphersuite, cacert, clientcert, clientkey, seclevel, hostname, ignorelocaltime
        case negotiatetimeout, clientrandom, premaster, verifymode

        /// What holds while nothing is set; empty for those without a value.
        var initial: String {
            switch self {
            case .sslversion: "4"
            case .ciphersuite: "0XFFFF"
            case .seclevel, .ignorelocaltime, .verifymode: "0"
            case .negotiatetimeout: "300"
            case .cacert, .clientcert, .clientkey, .hostname, .clientrandom, .premaster: ""
            }
        }

        /// How an answer begins: the manual leaves the blank out from `hostname` on.
        var answer: String {
            switch self {
            case .sslversion, .ciphersuite, .cacert, .clientcert, .clientkey, .seclevel: "+SSLCFG: "
            case .hostname, .ignorelocaltime, .negotiatetimeout, .clientrandom, .premaster, .verifymode: "+SSLCFG:"
            }
        }

        /// The value as it is kept, nil when it is none.
        func checked(_ value: ParsedCommand.Argument) -> String? {
            switch self {
            case .sslversion: return number(value, 0...4)
            case .seclevel: return number(value, 0...2)
            case .ignorelocaltime, .verifymode: return number(value, 0...1)
            case .negotiatetimeout: return number(value, 10...300)
            case .ciphersuite:
                let code = value.text.uppercased()
                return Suite.all.contains { $0.code == code } || code == "0XFFFF" ? code : nil
            case .cacert, .clientcert, .clientkey:
                return FlashFiles.name(value.bytes) == nil ? nil : value.text
            case .hostname: return value.bytes.count <= 256 ? value.text : nil
            case .clientrandom:
                return [56, 64].contains(value.bytes.count) && unhexed(value.bytes) != nil ? value.text : nil
            case .premaster: return value.bytes.count <= 256 ? value.text : nil
            }
        }

        private func number(_ value: ParsedCommand.Argument, _ range: ClosedRange<Int>) -> String? {
            value.number.flatMap { range.contains($0) ? String($0) : nil }
        }
    }

    /// A suite of the manual's table and OpenSSL's name for it. All of them exchange keys with RSA.
    struct Suite {
        var code: String
        var name: String

        static let all = [
            Suite(code: "0X003D", name: "AES256-SHA256"), Suite(code: "0X0035", name: "AES256-SHA"),
            Suite(code: "0X002F", name: "AES128-SHA"), Suite(code: "0X000A", name: "DES-CBC3-SHA"),
            Suite(code: "0X0005", name: "RC4-SHA"), Suite(code: "0X0004", name: "RC4-MD5"),
        ]
    }

    private var values: [Key: String] = [:]

    /// What is in force.
    func value(_ key: Key) -> String { values[key] ?? key.initial }

    /// As a number; for keys that have one.
    func number(_ key: Key) -> Int { Int(value(key)) ?? 0 }

    mutating func set(_ key: Key, _ value: String?) { values[key] = value }
}

/// What the surroundings need to speak TLS for the module.
package struct TLSRequest: Equatable {
    /// `<sslversion>`: 0 SSL 3.0, 1 TLS 1.0, 2 TLS 1.1, 3 TLS 1.2, 4 all of them.
    var version = 4
    /// OpenSSL's names of the suites offered.
    var suites: [String] = []
    /// Offer whatever OpenSSL has, TLS 1.3 included (`--any-suite`).
    var offersAll = false
    /// PEM; nil when the server is not verified.
    var authorities: [UInt8]?
    /// A certificate that is not self-signed may be trusted as it is (verifymode 1).
    var trustsAnyListed = false
    /// PEM; nil when the module has nothing to show.
    var certificate: [UInt8]?
    /// PEM.
    var key: [UInt8]?
    /// The name asked for and, where the server is verified, expected; empty is none.
    var hostName = ""
    /// Unix time by the module's clock; nil when dates are ignored.
    var time: Int64?
}
