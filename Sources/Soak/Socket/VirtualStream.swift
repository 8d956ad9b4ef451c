import BridgeRuntime

/// The private socket between the MQTT client and the carrier, in memory: bytes both ways, each taken in a turn of its own.
final class VirtualStream: ClientStream {
    /// The most bytes of one `onBytes`, and what a side may leave lying, as the real socket has it.
    static let readLimit = 4096
    static let outputLimit = 262_144

    private let clock: any BridgeClock
    var onBytes: ([UInt8]) -> Void = { _ in }
    var onClosed: (String) -> Void = { _ in }
    var onDrained: () -> Void = {}
    var mayRead = true { didSet { if mayRead, !oldValue { wake() } } }
    /// There are bytes for the client.
    var wakeClient: () -> Void = {}
    /// The carrier has closed its end.
    private(set) var isCut = false
    /// Nothing more comes for the client than what it has not taken.
    private(set) var isInputOver = false
    private var isLeft = false
    private var isLeftTold = false
    private var isTurnDue = false
    private var fromClient: [UInt8] = []
    private var toClient: [UInt8] = []
    /// Bytes that the client has written since the beginning.
    private(set) var written = 0

    init(_ clock: any BridgeClock) { self.clock = clock }

    // MARK: The carrier's end

    var unreadBytes: Int { fromClient.count }
    var pendingBytes: Int { toClient.count }

    func write(_ bytes: [UInt8]) -> Bool {
        guard !isCut, !isLeft, toClient.count + bytes.count <= Self.outputLimit else { return false }
        toClient += bytes
        wakeClient()
        return true
    }

    func endInput() {
        isInputOver = true
        wakeClient()
    }

    func close() {
        guard !isCut else { return }
        isCut = true
        (onBytes, onClosed, onDrained) = ({ _ in }, { _ in }, {})
        wakeClient()
    }

    // MARK: The client's end

    /// All that waits for the client.
    func take() -> [UInt8] {
        let bytes = toClient
        toClient = []
        if !bytes.isEmpty {
            _ = clock.schedule(at: clock.now) { [weak self] in self?.onDrained() }
        }
        return bytes
    }

    func clientWrote(_ bytes: [UInt8]) {
        guard !isCut, !isLeft else { return }
        written += bytes.count
        fromClient += bytes
        wake()
    }

    /// The client closes its end, once what it has written is read.
    func leave() {
        isLeft = true
        wake()
    }

    private func wake() {
        guard !isTurnDue, mayRead, !isCut, !fromClient.isEmpty || isLeft && !isLeftTold else { return }
        isTurnDue = true
        _ = clock.schedule(at: clock.now) { [weak self] in self?.turn() }
    }

    private func turn() {
        isTurnDue = false
        guard mayRead, !isCut else { return }
        if fromClient.isEmpty {
            guard isLeft, !isLeftTold else { return }
            isLeftTold = true
            return onClosed("the MQTT client has closed its connection")
        }
        let bytes = Array(fromClient.prefix(Self.readLimit))
        fromClient.removeFirst(bytes.count)
        onBytes(bytes)
        wake()
    }
}
