/// The socket commands of the Luat family (YM310 AT manual chapter 9).
extension SimulatedModule {
    /// A timer of the family.
    enum CIPTimer: Equatable {
        case none
    }

    /// The second half of a command that takes time.
    enum CIPWork: Equatable {
        case none
    }

    mutating func cipStreamHappened(_ event: StreamEvent, now: Duration) {}

    mutating func cipTimerFired(_ timer: CIPTimer, now: Duration) {}

    mutating func completeCIP(_ work: CIPWork, now: Duration) -> Reply { .ok }

    /// The data of CIPSEND are complete.
    mutating func cipDataArrived(_ data: [UInt8], now: Duration) -> Reply { .ok }
}

/// What the socket commands of the Luat family remember.
struct CIPState: Equatable {}
