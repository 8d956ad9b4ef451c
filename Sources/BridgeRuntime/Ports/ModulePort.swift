public import LinuxIO

/// The way to the module: a seam in front of the serial port.
public protocol ModulePort: AnyObject {
    /// What was read.
    var onBytes: ([UInt8]) -> Void { get set }
    /// The port is gone; why. Not called for `close`.
    var onClosed: (String) -> Void { get set }
    /// All that was written is with the kernel.
    var onDrained: () -> Void { get set }
    /// Opens and locks it.
    func open() throws(SerialPort.OpenFailure)
    /// Queues bytes; false when they do not fit the bounded queue.
    func write(_ bytes: [UInt8]) -> Bool
    /// Bytes that are not with the kernel yet.
    var pendingBytes: Int { get }
    /// Closes it; nothing is called afterwards.
    func close()
}

/// The module behind a real tty.
public final class SerialModulePort: ModulePort {
    /// As `ModulePort` has it.
    public var onBytes: ([UInt8]) -> Void = { _ in }
    /// As `ModulePort` has it.
    public var onClosed: (String) -> Void = { _ in }
    /// As `ModulePort` has it.
    public var onDrained: () -> Void = {}
    private let settings: SerialPort.Settings
    private let loop: EventLoop
    private var port: SerialPort?

    /// A port that is not open yet.
    public init(_ settings: SerialPort.Settings, loop: EventLoop) {
        self.settings = settings
        self.loop = loop
    }

    /// As `ModulePort` has it.
    public func open() throws(SerialPort.OpenFailure) {
        close()
        let port = try SerialPort(settings, loop: loop)
        port.onBytes = { [weak self] in self?.onBytes($0) }
        port.onDrained = { [weak self] in self?.onDrained() }
        port.onClosed = { [weak self] error in
            self?.port = nil
            self?.onClosed(error.map { "\($0)" } ?? "hung up")
        }
        self.port = port
    }

    /// As `ModulePort` has it.
    public func write(_ bytes: [UInt8]) -> Bool { port?.write(bytes) ?? false }

    /// As `ModulePort` has it.
    public var pendingBytes: Int { port?.pendingBytes ?? 0 }

    /// As `ModulePort` has it.
    public func close() {
        port?.close()
        port = nil
    }
}
