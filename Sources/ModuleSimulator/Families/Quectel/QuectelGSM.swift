/// The socket commands of the Quectel GSM modules (Quectel GSM TCP/IP guide).
extension SimulatedModule {
    /// A timer of the family.
    enum QuectelTimer: Equatable {
        case none
    }

    /// The second half of a command that takes time.
    enum QuectelWork: Equatable {
        case none
    }

    mutating func quectelReply(_ command: ParsedCommand, now: Duration) -> Reply? { nil }

    mutating func quectelStreamHappened(_ event: StreamEvent, now: Duration) {}

    mutating func quectelTimerFired(_ timer: QuectelTimer, now: Duration) {}

    mutating func completeQuectel(_ work: QuectelWork, now: Duration) -> Reply { .ok }

    /// The data of a QISEND are complete.
    mutating func quectelDataArrived(_ data: [UInt8], now: Duration) -> Reply { .ok }
}

/// What the socket commands of the Quectel GSM modules remember.
struct QuectelState: Equatable {}
