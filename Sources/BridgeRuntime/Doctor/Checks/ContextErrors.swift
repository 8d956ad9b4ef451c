/// What the numbers of a failed TCP connection make likely, beside what every failed connection does.
enum ContextErrors {
    /// `+QIOPEN: 0,n` (BC260Y-CN TCP/IP guide 3); nil: nothing in particular.
    static func causes(_ code: Int) -> [Cause]? {
        switch code {
        case 561, 570: [.privateAPN, .noData, .stuckContext]
        case 573: [.noAPN]
        case 556, 563, 574: [.portBusy]
        case 564, 568: [.weather]
        case 565: [.wrongName, .networkDNS]
        case 553, 554: [.stuckContext]
        default: nil
        }
    }

    /// `TCP ERROR:n` (YM310 AT manual 9.39); nil: nothing in particular.
    static func tcpCauses(_ code: Int) -> [Cause]? {
        switch code {
        case 1...5: [.stuckContext, .noData]
        case 6: [.notPublic]
        case 7: [.portBusy]
        case 8, 10: [.wrongName]
        default: nil
        }
    }

    /// The number behind the last `word` in the module's own words.
    static func number(in words: String, after word: String) -> Int? {
        guard let found = words.ranges(of: word).last else { return nil }
        let digits = words[found.upperBound...].drop { $0 == " " || $0 == ":" }.prefix { $0.isNumber }.prefix(6)
        return Int(digits)
    }
}

extension Cause {
    /// BC260Y-CN TCP/IP guide 3, 573.
    static let noAPN = Cause("no APN is configured, and the network gave none", try: "[module] apn")
    /// BC260Y-CN TCP/IP guide 2.3.2: 120 s before a port is used again.
    static let portBusy = Cause(
        "the module still holds the port of an earlier connection", try: "wait two minutes, then run it again")
    /// Quectel GSM TCP/IP guide 3, 9: the bearer comes up with the connection.
    static let bearerWithConnection = Cause(
        "this module opens its bearer with the connection, and the network refuses it",
        try: "ask the operator for the APN: [module] apn; wait a few minutes between tries")
}
