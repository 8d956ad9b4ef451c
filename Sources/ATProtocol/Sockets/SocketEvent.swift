/// A line about the TCP connection that no command asked for. What opens and closes it is an ``Outcome`` or
/// ``URC/closed``, as with the module's own MQTT client.
public enum SocketEvent: Sendable, Equatable {
    /// `+CIPRXGET: 1`, `+QIRDI: …`: bytes wait in the module.
    case dataWaiting
    /// `SEND OK` after the `OK` of its command.
    case sent
    /// `SEND FAIL` likewise.
    case sendFailed
    /// `+IP: …`: the module has its address (BC260Y-CN TCP/IP guide).
    case networkReady
    /// `TCP ERROR:n` (YM310 AT manual 9.39).
    case tcpError(code: Int)
}
