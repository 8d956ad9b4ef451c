import BridgeRuntime
import LinuxIO
import ModuleSimulator

/// One process's hold on the line.
final class LinePort: ModulePort {
    var onBytes: ([UInt8]) -> Void = { _ in }
    var onClosed: (String) -> Void = { _ in }
    var onDrained: () -> Void = {}
    private let line: SerialLine
    private(set) var isOpen = false

    init(_ line: SerialLine) { self.line = line }

    func open() throws(SerialPort.OpenFailure) {
        close()
        try line.open(self)
        isOpen = true
    }

    func write(_ bytes: [UInt8]) -> Bool {
        guard isOpen, line.pendingBytes < 65536 else { return false }
        line.hostWrote(bytes)
        return true
    }

    var pendingBytes: Int { isOpen ? line.pendingBytes : 0 }

    func close() {
        guard isOpen else { return }
        isOpen = false
        line.closed(self)
    }

    func lost() {
        guard isOpen else { return }
        isOpen = false
        onClosed("hung up")
    }

    func drained() { if isOpen { onDrained() } }
}
