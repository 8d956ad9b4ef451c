/// What values may hold. Each function gives the complaint about a value, or nil when there is none.
enum Rules {
    /// Over this many bytes the module takes no topic, client id, user or password (YM310 AT manual 13.1).
    static let moduleLimit = 256
    static let willMessageLimit = 1360

    /// For what goes between quotation marks of an AT command: there is no way to write these bytes there.
    static func carriableComplaint(_ bytes: [UInt8], limit: Int = moduleLimit) -> String? {
        if let place = bytes.firstIndex(where: { $0 < 0x20 || $0 == 0x7F || $0 == 0x22 || $0 == 0x5C }) {
            let what =
                switch bytes[place] {
                case 0x22: "a quotation mark"
                case 0x5C: "a backslash"
                default: "a control character"
                }
            return "has \(what) at byte \(place + 1), which the module cannot carry; "
                + "expected text without quotation marks, backslashes and control characters"
        }
        if bytes.count > limit { return "is \(bytes.count) bytes long; expected at most \(limit), the module's limit" }
        return nil
    }

    /// A client id, user name or password of the remote broker.
    static func credentialComplaint(_ text: String) -> String? {
        text.isEmpty ? "is empty; expected 1 to \(moduleLimit) bytes" : carriableComplaint(Array(text.utf8))
    }

    /// A client id or user name of the local broker.
    static func localCredentialComplaint(_ text: String) -> String? {
        if text.isEmpty || text.utf8.count > 1024 { return "is \(text.utf8.count) bytes long; expected 1 to 1024" }
        return controlComplaint(Array(text.utf8))
    }

    static func controlComplaint(_ bytes: [UInt8]) -> String? {
        guard let place = bytes.firstIndex(where: { $0 < 0x20 || $0 == 0x7F }) else { return nil }
        return "has a control character at byte \(place + 1); expected text without"
    }

    /// What topics are published to by the module.
    static func remoteTopicComplaint(_ text: String) -> String? {
        if text.isEmpty { return "is empty; expected a topic" }
        if text.utf8.contains(where: isWildcard) {
            return "\(quoted(text)) has a wildcard; expected a topic without + and #"
        }
        return carriableComplaint(Array(text.utf8))
    }

    static func isWildcard(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "+") || byte == UInt8(ascii: "#") }

    /// A topic filter (MQTT 3.1.1, 4.7.1).
    static func filterComplaint(_ bytes: [UInt8]) -> String? {
        let levels = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for (index, level) in levels.enumerated() where level.contains(where: isWildcard) {
            let text = quoted(String(decoding: bytes, as: UTF8.self))
            if level.count > 1 {
                return "\(text) has a wildcard beside other characters; expected + or # alone in its level"
            }
            if level.first == UInt8(ascii: "#"), index < levels.count - 1 {
                return "\(text) has a # before the end; expected # as the last level only"
            }
        }
        return nil
    }

    /// A level of a topic, as it may stand in file names and logs.
    static func nameComplaint(_ text: String) -> String? {
        if text.isEmpty || text.utf8.count > 128 { return "is \(text.utf8.count) bytes long; expected 1 to 128" }
        if text.utf8.contains(where: { $0 == UInt8(ascii: "/") || isWildcard($0) }) {
            return "\(quoted(text)) has a /, + or #; expected a name that can stand in a topic"
        }
        return carriableComplaint(Array(text.utf8))
    }

    /// `text` with `-` for what `nameComplaint` has something against.
    static func name(from text: String) -> String {
        let bytes = text.utf8.prefix(128).map { $0 == UInt8(ascii: "/") || isWildcard($0) ? UInt8(ascii: "-") : $0 }
        return String(decoding: bytes, as: UTF8.self)
    }

    // MARK: TLS

    static func pskIdentityComplaint(_ text: String) -> String? {
        if text.isEmpty || text.utf8.count > 255 { return "is \(text.utf8.count) bytes long; expected 1 to 255" }
        return controlComplaint(Array(text.utf8))
    }

    /// Says nothing of the key.
    static func pskComplaint(_ key: [UInt8]) -> String? {
        let isHexadecimal = key.allSatisfy { Character(UnicodeScalar($0)).isHexDigit && $0 < 0x80 }
        return isHexadecimal && key.count.isMultiple(of: 2) && 2...1024 ~= key.count
            ? nil : "is not a key; expected 2 to 1024 hexadecimal digits, two a byte"
    }

    static func ciphersComplaint(_ text: String) -> String? {
        let isSound = text.utf8.allSatisfy { 0x21...0x7E ~= $0 } && 1...1000 ~= text.utf8.count
        return isSound ? nil : "is no list of suites; expected names of `openssl ciphers`, separated by colons"
    }

    // MARK: Hosts and names

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// The module takes a DNS name or a dotted IPv4 address (YM310 AT manual 13.2).
    static func remoteHostComplaint(_ text: String) -> String? {
        let expected = "expected a DNS name or an IPv4 address, without scheme and port"
        if text.isEmpty || text.utf8.count > 253 { return "is \(text.utf8.count) bytes long; " + expected }
        return text.utf8.allSatisfy(isWordByte) ? nil : "\(quoted(text)) is not a host; " + expected
    }

    static func localHostComplaint(_ text: String) -> String? {
        let expected = "expected a host name or an address, without scheme and port"
        if text.isEmpty || text.utf8.count > 253 { return "is \(text.utf8.count) bytes long; " + expected }
        let extra: [UInt8] = [UInt8(ascii: ":"), UInt8(ascii: "%")]
        let isSound = text.utf8.allSatisfy { isWordByte($0) || extra.contains($0) } && !isHostWithPort(text)
        return isSound ? nil : "\(quoted(text)) is not a host; " + expected
    }

    /// One colon: `host:port`. IPv6 addresses have two or more.
    private static func isHostWithPort(_ text: String) -> Bool {
        text.utf8.count { $0 == UInt8(ascii: ":") } == 1
    }

    static func apnComplaint(_ text: String) -> String? {
        if text.isEmpty || text.utf8.count > 100 { return "is \(text.utf8.count) bytes long; expected 1 to 100" }
        return text.utf8.allSatisfy(isWordByte)
            ? nil : "\(quoted(text)) is not an APN; expected letters, digits, dots, hyphens and underscores"
    }

    static func pathComplaint(_ text: String) -> String? {
        if text.isEmpty { return "is empty; expected a path" }
        if text.utf8.count > 4000 { return "is \(text.utf8.count) bytes long; expected at most 4000" }
        return controlComplaint(Array(text.utf8))
    }
}
