import Glibc
public import LinuxIO

/// `cellbridge simulate` as a child. Loop's thread only; it ends with this process.
public final class SimulatorProcess {
    /// One message as the simulator printed it to the host.
    public struct Printed: Sendable, Equatable {
        /// Milliseconds of `monotonicMilliseconds`.
        public var at: Int64
        /// The number at the front of the payload, when there is one.
        public var number: Int?
        /// Whether a process held the port.
        public var hadReader: Bool
    }

    /// The child.
    public let child: ChildProcess
    /// What it has written down.
    public let transcript: TailedFile
    private let loop: EventLoop
    private var answers: [String] = []

    /// Starts it and waits until the port is there.
    public init(program: String, arguments: [String], link: String, transcript: String, loop: EventLoop) throws {
        self.loop = loop
        self.transcript = TailedFile(transcript)
        var options = ChildProcess.Options(
            program, ["simulate", "--link", link, "--transcript", transcript] + arguments)
        options.standardInput = .pipe
        options.standardOutput = .pipe
        options.standardError = .file(transcript + ".errors")
        child = try ChildProcess(options, loop: loop)
        child.onLine = { [weak self] _, line in self?.answers.append(String(decoding: line, as: UTF8.self)) }
        guard runLoop(loop, until: { !answers.isEmpty || child.exitStatus != nil }), answers[0].hasPrefix("ready")
        else {
            let words = TailedFile(transcript + ".errors").tail(5)
            throw RigFailure("the simulator did not start: \(answers) \(words)")
        }
        answers = []
    }

    deinit { child.signal(SIGKILL) }

    /// Injects a fault and waits for the answer.
    public func fault(_ line: String) throws {
        answers = []
        child.write(Array((line + "\n").utf8))
        guard runLoop(loop, until: { !answers.isEmpty }), answers == ["ok"] else {
            throw RigFailure("\(line): the simulator answered \(answers)")
        }
    }

    /// Every message it has handed to the host, in order.
    public var printed: [Printed] {
        transcript.lines.compactMap { line in
            guard let body = Self.event(line), body.text.hasPrefix("MSUB topic=") else { return nil }
            let payload = Self.field("payload=", of: body.text).map { Array($0.utf8) } ?? []
            return Printed(
                at: body.at, number: NumberedPayload.head(payload), hadReader: body.text.contains(" reader=yes "))
        }
    }

    /// Numbers that may be lost: printed with no reader, or printed less than 0.3 s before one of `kills`.
    public func excused(kills: [Int64]) -> Set<Int> {
        var numbers: Set<Int> = []
        for message in printed {
            guard let number = message.number else { continue }
            if !message.hadReader || kills.contains(where: { (0..<300) ~= $0 - message.at }) { numbers.insert(number) }
        }
        return numbers
    }

    /// The command lines the module got, without their time, from transcript line `mark` on.
    public func commands(after mark: Int = 0) -> [String] {
        transcript.lines.dropFirst(mark).compactMap { line in
            guard let body = Self.event(line), body.text.hasPrefix("-> ") else { return nil }
            return String(body.text.dropFirst(3))
        }
    }

    private static func event(_ line: String) -> (at: Int64, text: Substring)? {
        guard let blank = line.firstIndex(of: " "), let at = Int64(line[..<blank]) else { return nil }
        return (at, line[line.index(after: blank)...])
    }

    private static func field(_ name: String, of text: Substring) -> Substring? {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard let place = parts.firstIndex(where: { $0.hasPrefix(name) }) else { return nil }
        return parts[place].dropFirst(name.count)
    }
}
