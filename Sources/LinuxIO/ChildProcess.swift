import CLinuxShims
import Glibc

/// A program we started, watched by the loop. Loop's thread only.
///
/// It is watched until it ends, whether or not the owner keeps this object; `onExit` comes exactly once, after all
/// output the child itself wrote. Handlers may signal or close from inside.
public final class ChildProcess {
    /// Where one of the three standard streams goes.
    public enum Stream: Equatable, Sendable {
        /// Where ours goes.
        case inherit
        /// /dev/null.
        case null
        /// To us: `write` for the input, `onOutput` and `onLine` for the outputs.
        case pipe
        /// A file; an output is appended, and the file made when it is missing.
        case file(String)
    }

    /// Which output a line came from.
    public enum Output: Equatable, Sendable {
        /// Descriptor 1.
        case standardOutput
        /// Descriptor 2.
        case standardError
    }

    /// How a child ended.
    public enum ExitStatus: Equatable, Sendable, CustomStringConvertible {
        /// It called exit with this status.
        case exited(Int32)
        /// This signal ended it.
        case signalled(Int32)
        /// It ended, and somebody else took its status.
        case unknown

        /// Whether it exited with 0.
        public var isSuccess: Bool { self == .exited(0) }

        /// In words, for people.
        public var description: String {
            switch self {
            case .exited(let code): "exit status \(code)"
            case .signalled(let number): "ended by signal \(number)"
            case .unknown: "ended, status unknown"
            }
        }
    }

    /// What to start and how.
    public struct Options: Sendable, Equatable {
        /// The program; without a slash it is looked for along PATH.
        public var executable: String
        /// The arguments after the program's name.
        public var arguments: [String]
        /// The whole environment, `nil` for ours.
        public var environment: [String: String]?
        /// Where it runs, `nil` for where we do.
        public var workingDirectory: String?
        /// Descriptor 0.
        public var standardInput = Stream.null
        /// Descriptor 1.
        public var standardOutput = Stream.inherit
        /// Descriptor 2.
        public var standardError = Stream.inherit
        /// Killed when this process ends, however it ends.
        public var diesWithParent = true
        /// Leads a process group of its own: a terminal's Ctrl-C does not reach it, and signals go to all of its
        /// descendants.
        public var ownGroup = false

        /// Starts `executable` with `arguments`.
        public init(_ executable: String, _ arguments: [String] = []) {
            self.executable = executable
            self.arguments = arguments
        }
    }

    /// The process id.
    public let pid: Int32
    /// How it ended, `nil` while it runs.
    public private(set) var exitStatus: ExitStatus?
    /// Called once when it has ended.
    public var onExit: (ExitStatus) -> Void = { _ in }
    /// Called with each line of a piped output, without its line end; over 64 KiB it comes in pieces.
    public var onLine: (Output, [UInt8]) -> Void = { _, _ in }
    /// Called with piped output as it comes.
    public var onOutput: (Output, [UInt8]) -> Void = { _, _ in }

    private final class Reader {
        let output: Output
        let handle: DescriptorReference
        var lines = LineSplitter(limit: 65536)
        var isOpen = true

        init(_ output: Output, _ handle: DescriptorReference) {
            self.output = output
            self.handle = handle
        }
    }

    private let loop: EventLoop
    private let ownGroup: Bool
    private let process: DescriptorReference
    private var input: DescriptorReference?
    private var readers: [Reader] = []
    private var queue = WriteQueue(capacity: 1 << 20)
    private var closesInput = false
    private var watchesInput = false
    private var killTimer: EventLoop.TimerID?
    private var wasTerminated = false

    /// Starts the program; what `execve` says is the error. With a piped input SIGPIPE is ignored from here on.
    public init(_ options: Options, loop: EventLoop) throws(SystemError) {
        self.loop = loop
        ownGroup = options.ownGroup
        guard let path = Files.program(options.executable) else {
            throw SystemError("execve", options.executable, code: Files.exists(options.executable) ? EACCES : ENOENT)
        }
        let input = try ChildStream(options.standardInput, isInput: true)
        let output = try ChildStream(options.standardOutput, isInput: false)
        let error = try ChildStream(options.standardError, isInput: false)
        pid = try ChildProcess.spawn(path, options, [input, output, error])
        let raw = cellbridge_pidfd_open(pid)
        guard raw >= 0 else {
            let failure = SystemError("pidfd_open")
            kill(pid, SIGKILL)
            throw failure
        }
        process = DescriptorReference(OwnedDescriptor(owning: raw))
        self.input = input.ours
        if let ours = output.ours { readers.append(Reader(.standardOutput, ours)) }
        if let ours = error.ours { readers.append(Reader(.standardError, ours)) }
        for reader in readers {
            try loop.watch(reader.handle.raw, .readable) { _ in self.readSome(reader) }
        }
        try loop.watch(raw, .readable) { _ in self.ended() }
    }

    /// Sends a signal, to the whole group with `ownGroup`; nothing happens when the child has ended.
    public func signal(_ number: Int32) {
        guard exitStatus == nil else { return }
        kill(ownGroup ? -pid : pid, number)
    }

    /// Asks it to end (SIGTERM) and kills it when `limit` has passed; `onExit` says when it is over.
    public func terminate(within limit: Duration = .seconds(5)) {
        guard exitStatus == nil, killTimer == nil else { return }
        wasTerminated = true
        signal(SIGTERM)
        killTimer = loop.schedule(after: limit) { self.signal(SIGKILL) }
    }

    /// Writes to the piped standard input; what the child does not take yet waits. `false` when the input is closed or
    /// over 1 MiB would wait.
    @discardableResult
    public func write(_ bytes: [UInt8]) -> Bool {
        guard input != nil, !closesInput, queue.append(bytes) else { return false }
        flushInput()
        return true
    }

    /// Closes the piped standard input once everything written has been taken.
    public func closeInput() {
        closesInput = true
        flushInput()
    }

    private func flushInput() {
        guard let input else { return }
        do throws(SystemError) {
            try queue.flush(into: input.descriptor)
            if queue.count > 0, !watchesInput {
                watchesInput = true
                try loop.watch(input.raw, .writable) { _ in self.flushInput() }
            }
        } catch {
            // EPIPE: the child does not read any more.
            queue.removeAll()
            closesInput = true
        }
        guard queue.count == 0 else { return }
        if watchesInput { loop.unwatch(input.raw) }
        watchesInput = false
        if closesInput { self.input = nil }
    }

    /// Whether there was something to read.
    @discardableResult
    private func readSome(_ reader: Reader) -> Bool {
        guard reader.isOpen else { return false }
        guard let bytes = (try? reader.handle.descriptor.read(upTo: 16384)) ?? nil else { return false }
        if bytes.isEmpty {
            close(reader)
            return false
        }
        onOutput(reader.output, bytes)
        for line in reader.lines.feed(bytes) { onLine(reader.output, line) }
        return true
    }

    private func close(_ reader: Reader) {
        guard reader.isOpen else { return }
        reader.isOpen = false
        loop.unwatch(reader.handle.raw)
        if let last = reader.lines.finish() { onLine(reader.output, last) }
    }

    private func ended() {
        // While it is not reaped its group's number cannot be given to others.
        if wasTerminated, ownGroup { kill(-pid, SIGKILL) }
        var value: Int32 = 0
        let status: ExitStatus
        switch unsafe cellbridge_reap(pid, &value) {
        case 0: return
        case 1: status = .exited(value)
        case 2: status = .signalled(value)
        default: status = .unknown
        }
        loop.unwatch(process.raw)
        exitStatus = status
        if let killTimer { loop.cancel(killTimer) }
        killTimer = nil
        for reader in readers {
            // A descendant may hold the pipe open for ever and write without end: bounded, and not until end of file.
            var rounds = 64
            while rounds > 0, readSome(reader) { rounds -= 1 }
            close(reader)
        }
        readers = []
        queue.removeAll()
        closesInput = true
        flushInput()
        onExit(status)
        onExit = { _ in }
        onLine = { _, _ in }
        onOutput = { _, _ in }
    }
}
