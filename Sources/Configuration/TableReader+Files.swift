extension TableReader {
    /// The longest password, PIN or key that is read.
    static let secretLimit = 4096

    /// The content of the file that `key` names, without the line end after it. nil when it is not configured, when
    /// secrets are not read, and when something is wrong with it, which is reported without telling the content.
    func secret(_ key: String, _ complaint: ([UInt8]) -> String? = { _ in nil }) -> [UInt8]? {
        guard let path = path(key), context.readSecrets else { return nil }
        var bytes: [UInt8]
        do {
            bytes = try Files.read(path, limit: Self.secretLimit, secret: true)
        } catch {
            self.error(key, Files.complaint(path, error, limit: Self.secretLimit))
            return nil
        }
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        if bytes.isEmpty {
            error(key, "\(path) is empty; expected the secret in it")
            return nil
        }
        if let wrong = complaint(bytes) {
            error(key, "what \(path) holds \(wrong)")
            return nil
        }
        return bytes
    }

    /// The path of a certificate or, with `secret`, of a key: there, and for a key not open to others.
    func certificate(_ key: String, secret: Bool = false) -> String? {
        guard let path = path(key) else { return nil }
        guard context.readSecrets else { return path }
        let limit = 4 << 20
        do {
            _ = try Files.read(path, limit: limit, secret: secret)
        } catch {
            self.error(key, Files.complaint(path, error, limit: limit))
        }
        return path
    }

    /// A client certificate and its key: both or none.
    func checkPair() {
        if has("certificate"), !has("key") { error("certificate", "has no key to it; expected key beside certificate") }
        if has("key"), !has("certificate") { error("key", "has no certificate to it; expected certificate beside key") }
    }

    /// A password without a user name means nothing to MQTT 3.1.1 and to the network.
    func checkPasswordHasUser() {
        if has("password_file"), !has("username") {
            error("password_file", "is there without username; expected both")
        }
    }
}
