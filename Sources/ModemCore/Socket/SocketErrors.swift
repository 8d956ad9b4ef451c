/// What the modules' numbers mean.
public enum SocketErrors {
    /// `TCP ERROR:n` (YM310 AT manual 9.39).
    public static func tcp(_ code: Int) -> String {
        let words = [
            "no error", "the TCP/IP task is idle", "no service point", "a wrong service point", "no buffer",
            "network error", "the host cannot be reached", "the address is in use", "the address is not available",
            "too much or too little data", "a wrong parameter", "the host refused the connection", "timed out",
            "the connection was aborted", "the host reset the connection", "already connected", "not connected",
            "the socket was shut down", "an error without a name",
        ]
        return words.indices.contains(code) ? words[code] : "an error that the manual does not know"
    }

    /// `+QIOPEN: 0,n` (BC260Y-CN TCP/IP guide 3).
    public static func bc260y(_ code: Int) -> String {
        let words = [
            "unknown error", "blocked", "a wrong parameter", "not enough memory", "no socket could be made",
            "not supported", "the local port could not be bound", "listening failed", "writing failed",
            "reading failed", "accepting failed", "the PDP context could not be opened",
            "the PDP context could not be closed", "the socket is in use", "DNS is busy",
            "the name could not be resolved", "the connection could not be made", "the socket was closed", "busy",
            "timed out", "the PDP context broke down", "sending was cancelled", "not allowed", "no APN is configured",
            "the port is busy",
        ]
        let index = code - 550
        return words.indices.contains(index) ? words[index] : "an error that the guide does not know"
    }

    /// Whether a number of BC260Y-CN says that the PDP context is at fault.
    static func isContext(_ code: Int) -> Bool { [561, 562, 570, 573].contains(code) }

    /// Whether it says that a port is in use: it is free again after 120 s (BC260Y-CN TCP/IP guide 2.3.2).
    static func isPort(_ code: Int) -> Bool { [556, 574].contains(code) }

    /// The last number of a line.
    static func number(in line: [UInt8]) -> Int? {
        let end = line.lastIndex { $0 >= 0x30 && $0 <= 0x39 }.map { $0 + 1 } ?? 0
        let digits = line[..<end].reversed().prefix { $0 >= 0x30 && $0 <= 0x39 }.prefix(6).reversed()
        return digits.isEmpty ? nil : digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}
