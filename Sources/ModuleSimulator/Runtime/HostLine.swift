import LinuxIO

/// The PTY as the service sees it: bytes both ways, what became of those written, replugging.
final class HostLine {
    enum Outcome: Equatable { case taken, noReader, overflow }

    /// Bytes from the host.
    var onBytes: ([UInt8]) -> Void = { _ in }
    /// Some process opened the slave, or the last one closed it.
    var onReader: (Bool) -> Void = { _ in }

    private let link: String?
    private let loop: EventLoop
    private var terminal: PseudoTerminal?
    private var isClosed = false
    private(set) var slavePath: String

    init(link: String?, loop: EventLoop) throws(SystemError) {
        self.link = link
        self.loop = loop
        let terminal = try PseudoTerminal()
        slavePath = terminal.slavePath
        try adopt(terminal)
    }

    private func adopt(_ terminal: PseudoTerminal) throws(SystemError) {
        if let link { try terminal.link(at: link) }
        terminal.onBytes = { [weak self] in self?.onBytes($0) }
        terminal.onReaderChanged = { [weak self] in self?.onReader($0) }
        try terminal.attach(to: loop)
        self.terminal = terminal
        slavePath = terminal.slavePath
    }

    /// The rate that the host has set, nil when it is none we name.
    var speed: Int? { terminal?.speed }

    func write(_ bytes: [UInt8]) -> Outcome {
        guard let terminal, terminal.hasReader else { return .noReader }
        return terminal.write(bytes) ? .taken : .overflow
    }

    /// Takes the PTY away, and brings a new one after `pause`.
    func replug(after pause: Duration) {
        unplug()
        loop.schedule(after: pause) { [weak self] in
            guard let self, !self.isClosed, self.terminal == nil else { return }
            do throws(SystemError) {
                try self.adopt(PseudoTerminal())
            } catch {
                self.replug(after: .seconds(1))
            }
        }
    }

    private func unplug() {
        terminal?.close()
        terminal = nil
    }

    func close() {
        isClosed = true
        unplug()
    }
}
