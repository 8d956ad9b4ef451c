/// The socket commands of the Quectel BC260Y-CN (BC260Y TCP/IP guide).
extension SimulatedModule {
    /// A timer of the family.
    enum BC260YTimer: Equatable {
        case none
    }

    /// The second half of a command that takes time.
    enum BC260YWork: Equatable {
        case none
    }

    mutating func bc260yReply(_ command: ParsedCommand, now: Duration) -> Reply? { nil }

    mutating func bc260yStreamHappened(_ event: StreamEvent, now: Duration) {}

    mutating func bc260yTimerFired(_ timer: BC260YTimer, now: Duration) {}

    mutating func completeBC260Y(_ work: BC260YWork, now: Duration) -> Reply { .ok }

    /// The data of a QISEND are complete.
    mutating func bc260yDataArrived(_ data: [UInt8], now: Duration) -> Reply { .ok }
}

/// What the socket commands of the BC260Y remember.
struct BC260YState: Equatable {}
