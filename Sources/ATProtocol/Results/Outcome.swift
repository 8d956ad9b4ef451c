/// What follows an `OK` that only meant "accepted". May also come before that `OK`.
public enum Outcome: Equatable, Sendable {
    /// `CONNECT OK`: the TCP or TLS link is up. YM310 AT manual 13.2.
    case connectOK
    /// `ALREADY CONNECT`: a link from before is still up.
    case alreadyConnect
    /// `CONNECT FAIL`, with what a `STATE:` line said before it.
    case connectFail(state: [UInt8]?)
    /// `CONNACK OK`: the broker took the session. YM310 AT manual 13.3.
    case connackOK
    /// `SUBACK`. YM310 AT manual 13.6.
    case suback
    /// `UNSUBACK`. YM310 AT manual 13.7.
    case unsuback
    /// `PUBACK`: QoS 1 is done. YM310 AT manual 13.4.
    case puback
    /// `PUBREC`: first half of QoS 2.
    case pubrec
    /// `PUBCOMP`: QoS 2 is done.
    case pubcomp
    /// An error line while no command runs: how a refused MCONNECT shows. YM310 AT manual 13.3.
    case error(CommandResult.Final)
}
