/// Bytes that must not reach a log: printing, interpolating or dumping it shows nothing of them.
struct Secret: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    var bytes: [UInt8]

    init?(_ bytes: [UInt8]?) {
        guard let bytes else { return nil }
        self.bytes = bytes
    }

    var description: String { "<secret>" }
    var customMirror: Mirror { Mirror(self, children: []) }
}
