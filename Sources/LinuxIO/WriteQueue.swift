/// Bytes waiting for a descriptor that takes them in pieces.
struct WriteQueue {
    /// The most bytes that wait at once.
    let capacity: Int
    private var bytes: [UInt8] = []
    private var taken = 0

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// Bytes not yet taken.
    var count: Int { bytes.count - taken }

    /// Adds all of `more`, or nothing and returns `false` when it does not fit.
    mutating func append(_ more: [UInt8]) -> Bool {
        guard more.count <= capacity - count else { return false }
        if taken > 0 {
            bytes.removeFirst(taken)
            taken = 0
        }
        bytes += more
        return true
    }

    /// Writes until nothing is left or the descriptor takes no more.
    mutating func flush(into descriptor: borrowing OwnedDescriptor) throws(SystemError) {
        while taken < bytes.count {
            let count = try descriptor.write(bytes[taken...])
            if count == 0 { return }
            taken += count
        }
        removeAll()
    }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: capacity <= 65536)
        taken = 0
    }
}
