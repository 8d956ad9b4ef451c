import COpenSSL

/// OpenSSL's queue of errors of this thread. It must be cleared before each call whose error is asked for.
enum OpenSSLErrors {
    /// One entry.
    struct Entry {
        var code: UInt

        var reason: Int { Int(ERR_GET_REASON(code)) }

        /// A key that does not belong to a certificate.
        var isMismatch: Bool {
            ERR_GET_LIB(code) == ERR_LIB_X509 && reason == Int(X509_R_KEY_VALUES_MISMATCH)
        }

        /// The number of the alert with which the other side ended it.
        var alert: Int? {
            guard ERR_GET_LIB(code) == ERR_LIB_SSL, 1000...1255 ~= reason else { return nil }
            return reason - 1000
        }

        /// In OpenSSL's words.
        var text: String? {
            guard code != 0 else { return nil }
            return unsafe ERR_reason_error_string(code).map { unsafe String(cString: $0) } ?? "OpenSSL error \(code)"
        }
    }

    /// The oldest, which is the cause of the others.
    static var first: Entry { Entry(code: ERR_peek_error()) }

    /// `what` with the cause behind it, and an empty queue.
    static func take(_ what: String) -> String {
        defer { ERR_clear_error() }
        return what + (first.text.map { ": \($0)" } ?? "")
    }
}
