import CLinuxShims

/// How many bytes of a TCP connection the far side has acknowledged, asked of the kernel.
struct AcknowledgementWatch {
    /// Bytes given to the kernel so far.
    var written = 0
    private(set) var acknowledged = 0
    /// How long to wait until the next look.
    private(set) var pause = Self.shortest

    private static let shortest = Duration.milliseconds(1)
    private static let longest = Duration.milliseconds(20)

    /// Whether something is outstanding.
    var isWaiting: Bool { acknowledged < written }

    /// Asks how much is outstanding on `socket` (SIOCOUTQ); the new count of acknowledged bytes, nil when it is the old.
    mutating func advance(_ socket: Int32) -> Int? {
        var outstanding: Int32 = 0
        let result = unsafe withUnsafeMutablePointer(to: &outstanding) {
            unsafe cellbridge_ioctl(socket, UInt(TIOCOUTQ), $0)
        }
        guard result == 0, written - Int(outstanding) > acknowledged else {
            pause = min(pause * 2, Self.longest)
            return nil
        }
        acknowledged = written - Int(outstanding)
        pause = Self.shortest
        return acknowledged
    }
}
