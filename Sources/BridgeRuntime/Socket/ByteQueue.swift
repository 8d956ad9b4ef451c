/// Bytes in order, taken from the front; appending and taking are linear in what is moved.
struct ByteQueue {
    private var bytes: [UInt8] = []
    private var head = 0

    /// Bytes held.
    var count: Int { bytes.count - head }

    mutating func append(_ more: [UInt8]) {
        if head == bytes.count {
            bytes.removeAll(keepingCapacity: true)
            head = 0
        } else if head > 4096 {
            bytes.removeSubrange(0..<head)
            head = 0
        }
        bytes += more
    }

    /// The first bytes, at most so many; they stay.
    func first(_ limit: Int) -> [UInt8] { Array(bytes[head..<min(bytes.count, head + max(0, limit))]) }

    /// Forgets the first bytes, at most so many as there are. How many that were.
    @discardableResult
    mutating func drop(_ count: Int) -> Int {
        let dropped = min(max(0, count), self.count)
        head += dropped
        return dropped
    }

    mutating func removeAll() {
        bytes = []
        head = 0
    }
}
