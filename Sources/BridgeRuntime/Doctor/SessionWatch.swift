import ModemCore

/// Follows the way to a session by what goes over the line: how far it came, and where it broke for the first time.
///
/// It is told what `dialogue` of the control socket tells. Bounded: a line is cut at 512 bytes.
struct SessionWatch {
    /// Where it broke, in the words of the module.
    enum Failure: Equatable {
        /// `AT+MIPSTART`, `AT+SSLMIPSTART`, `AT+CIPSTART` or `AT+QIOPEN` was refused, or ended with CONNECT FAIL.
        case connection(String)
        /// `AT+MCONFIG` was refused.
        case configuration(String)
        /// The broker refused the session, or the module did (CME 767).
        case refused(String)
        /// The connection was closed where CONNACK was due.
        case closed
        /// A subscription was refused.
        case subscription(String)
    }

    /// What is being waited for.
    private enum Awaited: Equatable { case nothing, connection, configuration, session, subscription }

    /// The connection stands (TCP; with TLS, that too).
    private(set) var isConnected = false
    /// CONNACK OK has come.
    private(set) var hasSession = false
    /// The first failure.
    private(set) var failure: Failure?
    /// Whether the connection was asked for.
    private(set) var wasOpened = false
    private var awaited = Awaited.nothing
    private var line: [UInt8] = []
    private var state = ""
    /// What a `TCP ERROR` said of the connection that was asked for last; empty: there was none.
    private(set) var tcpError = ""
    private static let longest = 512

    /// A command went out, as logs show it.
    mutating func sent(_ command: String) {
        state = ""
        let isConnect = ["AT+MIPSTART", "AT+SSLMIPSTART", "AT+CIPSTART", "AT+QIOPEN"].contains { command.hasPrefix($0) }
        if isConnect {
            awaited = .connection
            tcpError = ""
            (wasOpened, isConnected, hasSession) = (true, false, false)
        } else if command.hasPrefix("AT+MCONNECT") {
            awaited = .session
        } else if command.hasPrefix("AT+MCONFIG") {
            awaited = .configuration
        } else if command.hasPrefix("AT+MSUB") {
            awaited = .subscription
        } else if command != "AT" || awaited == .configuration {
            awaited = .nothing
        }
    }

    /// Bytes came in, cut anywhere.
    mutating func received(_ bytes: [UInt8]) {
        for byte in bytes {
            if byte == 0x0A {
                lineCame(String(decoding: line, as: UTF8.self))
                line = []
            } else if byte >= 0x20, line.count < Self.longest {
                line.append(byte)
            }
        }
    }

    private mutating func lineCame(_ text: String) {
        let isRefusal = text == "ERROR" || text.hasPrefix("+CME ERROR")
        switch awaited {
        case .nothing: break
        case .configuration:
            // 765 for empty credentials is answered with another spelling (module-behaviour 3).
            if isRefusal, !text.hasSuffix("765") { end(.configuration(text)) }
        case .connection:
            if text.hasSuffix("CONNECT OK") {
                isConnected = true
                awaited = .nothing
            } else if let code = Self.number(text, "+QIOPEN: 0,") {
                // BC260Y-CN TCP/IP guide 2.3.2, 3.
                if code == 0 {
                    isConnected = true
                    awaited = .nothing
                } else {
                    end(.connection("\(text) (\(SocketErrors.bc260y(code)))"))
                }
            } else if let code = Self.number(text, "TCP ERROR:") {
                // CONNECT FAIL follows, or nothing does (YM310 AT manual 9.39).
                state = " (TCP ERROR \(code): \(SocketErrors.tcp(code)))"
                tcpError = state
            } else if text.hasPrefix("STATE:") {
                state = " (\(text))"
            } else if text.hasSuffix("CONNECT FAIL") || isRefusal {
                end(.connection(text + state))
            }
        case .session:
            if text == "CONNACK OK" {
                hasSession = true
                awaited = .nothing
            } else if text == "CLOSED" {
                end(.closed)
            } else if isRefusal || text == "CONNACK FAIL" {
                end(.refused(text))
            }
        case .subscription:
            if text == "SUBACK" {
                awaited = .nothing
            } else if isRefusal {
                end(.subscription(text))
            } else if text == "CLOSED" {
                end(.closed)
            }
        }
    }

    /// The number behind `prefix`, where nothing else follows.
    private static func number(_ text: String, _ prefix: String) -> Int? {
        guard text.hasPrefix(prefix) else { return nil }
        return Int(text.dropFirst(prefix.count).drop { $0 == " " })
    }

    private mutating func end(_ failure: Failure) {
        self.failure = self.failure ?? failure
        awaited = .nothing
    }
}
