import Glibc
import LinuxIO

/// The PTY as the service sees it: reading, writing with a bounded buffer, who is at the other end, replugging.
final class HostLine {
    enum Outcome: Equatable { case taken, noReader, overflow }

    /// Bytes from the host.
    var onBytes: ([UInt8]) -> Void = { _ in }
    /// Some process opened the slave, or the last one closed it.
    var onReader: (Bool) -> Void = { _ in }

    /// How often a PTY without a host is looked at: a hung-up master reports itself without end, so it cannot be
    /// watched meanwhile.
    private static let lookInterval = Duration.milliseconds(5)
    private static let bufferLimit = 1 << 20

    private let link: String?
    private let loop: EventLoop
    private var terminal: PTYMaster?
    private var pending: [UInt8] = []
    private var hasReader = false
    private var isClosed = false
    private(set) var slavePath: String

    init(link: String?, loop: EventLoop) throws(SystemError) {
        self.link = link
        self.loop = loop
        let terminal = try PTYMaster()
        slavePath = terminal.slavePath
        try adopt(terminal)
    }

    private func adopt(_ terminal: PTYMaster) throws(SystemError) {
        self.terminal = terminal
        slavePath = terminal.slavePath
        if let link { try SymbolicLink.point(link, at: slavePath) }
        look()
    }

    // MARK: The other end

    /// Looks whether a host has come; until then again and again.
    private func look() {
        guard !isClosed, !hasReader, let terminal else { return }
        guard terminal.hasReader else {
            loop.schedule(after: Self.lookInterval) { [weak self] in self?.look() }
            return
        }
        hasReader = true
        onReader(true)
        watch(terminal)
    }

    private func watch(_ terminal: PTYMaster) {
        do {
            try loop.watch(terminal.descriptor.raw, interest) { [weak self] readiness in
                self?.ready(readiness)
            }
        } catch {
            readerLeft()
        }
    }

    private var interest: EventLoop.Readiness { pending.isEmpty ? .readable : [.readable, .writable] }

    private func readerLeft() {
        guard let terminal, hasReader else { return }
        hasReader = false
        loop.unwatch(terminal.descriptor.raw)
        pending.removeAll()
        onReader(false)
        look()
    }

    // MARK: Bytes

    private func ready(_ readiness: EventLoop.Readiness) {
        guard let terminal else { return }
        if readiness.contains(.writable) { flush() }
        // After a hang-up what the host wrote last is still there to be read.
        if readiness.contains(.readable) || !readiness.isDisjoint(with: .hangUp) {
            do {
                guard let bytes = try terminal.descriptor.read(upTo: 16384), !bytes.isEmpty else { return }
                onBytes(bytes)
            } catch {
                readerLeft()
            }
        }
    }

    func write(_ bytes: [UInt8]) -> Outcome {
        guard let terminal, terminal.hasReader else { return .noReader }
        // A host that came since the last look is not watched yet; `look` sees to that.
        guard pending.count + bytes.count <= Self.bufferLimit else { return .overflow }
        pending += bytes
        flush()
        return .taken
    }

    private func flush() {
        guard let terminal else { return }
        if !pending.isEmpty {
            do {
                let count = try terminal.descriptor.write(pending[...])
                pending.removeFirst(count)
            } catch {
                readerLeft()
                return
            }
        }
        if hasReader { try? loop.setInterest(terminal.descriptor.raw, interest) }
    }

    // MARK: Going away

    /// Takes the PTY away, and brings a new one after `pause`.
    func replug(after pause: Duration) {
        letGo()
        loop.schedule(after: pause) { [weak self] in
            guard let self, !self.isClosed, self.terminal == nil else { return }
            do throws(SystemError) {
                try self.adopt(PTYMaster())
            } catch {
                self.replug(after: .seconds(1))
            }
        }
    }

    private func letGo() {
        guard let terminal else { return }
        if hasReader { loop.unwatch(terminal.descriptor.raw) }
        if let link { SymbolicLink.remove(link, pointingAt: slavePath) }
        if hasReader {
            hasReader = false
            onReader(false)
        }
        pending.removeAll()
        self.terminal = nil
    }

    func close() {
        isClosed = true
        letGo()
    }
}
