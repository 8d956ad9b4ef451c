import ATProtocol
import BridgeRuntime
import Control
import Glibc
import LinuxIO

/// The talk of `cellbridge console`: lines in, answers and what comes unasked out.
final class ConsoleTalk {
    private let work: RawWork
    private let force: Bool
    private let detail: Detail
    private let hasColours = Console.hasColours
    private var editor: LineEditor?
    private var unasked = UnaskedLines()
    private var recorder: RecordWriter?
    private var running: Int64?
    private var waiting: [[UInt8]] = []
    private var isEnding = false
    private var hasFailed = false
    private var watch: Int64?
    private var problem: CommandFailure?

    /// How much is shown.
    enum Detail {
        /// What was asked for.
        case answers
        /// What comes unasked, too.
        case usual
        /// Every line, each way.
        case everything
    }

    private var isVerbose: Bool { detail == .everything }

    /// A talk by `work`; with `record` the dialogue goes into that file.
    init(_ work: RawWork, record: String?, force: Bool, detail: Detail) throws(CommandFailure) {
        self.work = work
        self.force = force
        self.detail = detail
        if let record {
            do throws(SystemError) {
                let file = try RecordFile(record)
                recorder = RecordWriter(
                    note: "cellbridge \(cellbridgeVersion), console, \(work.place)", now: work.loop.now
                ) { file.write($0) }
            } catch {
                throw CommandFailure(.cannotCreate, "\(error)")
            }
        }
    }

    /// Talks until the end of input; the exit status.
    func run() throws(CommandFailure) -> ExitCode {
        watch = work.operations.begin("dialogue", [], onEvent: { [weak self] in self?.happened($0) }) { [weak self] in
            // A service that ends takes the talk with it; a module that does not answer is told at each command.
            if case .failure(let failure) = $0 { self?.problem = failure }
        }
        if isatty(0) == 1, isatty(1) == 1 {
            editor = LineEditor(work.loop, prompt: "at> ") { [weak self] in self?.typed($0) }
            if editor != nil {
                if detail != .answers { show(["\(work.place); help, quit"]) }
                work.onInterrupt = { [weak self] in self?.interrupted() }
            }
        }
        if editor == nil { return try runInput() }
        work.loop.run(until: { (isEnding && running == nil) || work.isInterrupted || problem != nil })
        if let problem { throw problem }
        return .ok
    }

    /// Gives the terminal back.
    func close() {
        editor?.close()
        editor = nil
        if let watch { work.operations.cancel(watch) }
        recorder?.flush()
    }

    // MARK: Input

    private func runInput() throws(CommandFailure) -> ExitCode {
        let input = StandardInput(work.loop)
        while !isEnding, let line = input.line(isInterrupted: { work.isInterrupted || problem != nil }) {
            typed(line.last == 0x0D ? line.dropLast() : line)
            work.loop.run(until: { running == nil || work.isInterrupted || problem != nil })
        }
        if work.isInterrupted { throw .interrupted }
        if let problem { throw problem }
        return hasFailed ? .failed : .ok
    }

    private func typed(_ typed: [UInt8]?) {
        guard let typed else {
            Console.line("")
            isEnding = true
            return
        }
        let line = Array(typed.drop { $0 == 0x20 }.reversed().drop { $0 == 0x20 }.reversed())
        guard !line.isEmpty, line.first != 0x23 else { return }
        switch String(decoding: line, as: UTF8.self) {
        case "quit", "exit": isEnding = true
        case "help": show(Self.help)
        default:
            editor?.remember(line)
            waiting.append(line)
            next()
        }
    }

    private func interrupted() {
        if let running {
            work.operations.cancel(running)
            self.running = nil
            waiting = []
            show(["-- not waited for any more; it may have its effect all the same"])
            next()
        } else {
            editor?.discard()
        }
    }

    private func next() {
        guard running == nil, !waiting.isEmpty else { return }
        let line = waiting.removeFirst()
        var hasEnded = false
        let id = work.operations.begin(
            "at", RawWork.arguments(String(decoding: line, as: UTF8.self), timeout: .zero, force: force),
            onEvent: { _ in }
        ) { [weak self] result in
            hasEnded = true
            self?.answered(result)
        }
        if !hasEnded { running = id }
    }

    private func answered(_ result: Result<JSONValue, CommandFailure>) {
        running = nil
        switch result {
        case .success(let answer):
            let text = (answer["lines"]?.elements ?? []) + [answer["final"] ?? .null]
            if answer["ok"]?.boolean != true { hasFailed = true }
            if !isVerbose { show(text.compactMap { $0.string.map { Console.printable(Array($0.utf8)) } }) }
        case .failure(let failure):
            hasFailed = true
            show(["-- \(failure.text)"])
            // Nothing more can be asked of a port that is gone.
            if editor == nil, !work.operations.isService, failure.code == .unavailable { problem = failure }
        }
        next()
    }

    // MARK: Output

    private func happened(_ event: JSONValue) {
        if let text = event["sent"]?.string {
            recorder?.sent(text, now: work.loop.now)
            unasked.sent(text)
            if isVerbose { show(["-> \(Console.printable(Array(text.utf8)))"]) }
        } else if let bytes = event["received"]?.string.flatMap(Base64.decode) {
            recorder?.received(bytes, now: work.loop.now)
            let lines = isVerbose ? whole(bytes) : unasked.received(bytes)
            if detail == .answers { return }
            let texts = lines.map { Console.printable($0) }.map { isVerbose ? "<- \($0)" : $0 }
            show(hasColours ? texts.map { "\u{1B}[33m\($0)\u{1B}[0m" } : texts)
        }
    }

    private var rest: [UInt8] = []

    private func whole(_ bytes: [UInt8]) -> [[UInt8]] {
        rest += bytes
        var lines = rest.split(omittingEmptySubsequences: false) { $0 == 0x0A || $0 == 0x0D }.map(Array.init)
        rest = lines.removeLast()
        if rest.count > 8192 {
            lines.append(rest)
            rest = []
        }
        return lines.filter { !$0.isEmpty }
    }

    private func show(_ lines: [String]) {
        if let editor { return editor.print(lines) }
        for line in lines {
            if line.hasPrefix("-- ") { Console.error(line) } else { Console.line(line) }
        }
    }

    private static let help = [
        "AT…      goes to the module as it is typed; an answer ends with OK or an error",
        "help     this; cellbridge console --help has more",
        "quit     ends, as Ctrl-D does; Ctrl-C drops the line or stops waiting",
    ]

    /// The file of `--record`.
    private final class RecordFile {
        private let descriptor: OwnedDescriptor

        init(_ path: String) throws(SystemError) {
            descriptor = try OwnedDescriptor.open(
                path, flags: O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o600)
        }

        func write(_ bytes: [UInt8]) {
            var rest = bytes[...]
            // A full disk costs the record, not the talk.
            while !rest.isEmpty, let count = try? descriptor.write(rest), count > 0 { rest = rest.dropFirst(count) }
        }
    }
}
