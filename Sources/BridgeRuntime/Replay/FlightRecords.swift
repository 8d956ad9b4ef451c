import Glibc
import LinuxIO
import ModemCore

/// The files of the flight recorder: one at each escalation, the last eight are kept. Loop's thread only; formatting and
/// writing happen on a thread of their own.
final class FlightRecords {
    /// Files kept.
    static let limit = 8
    /// The same rung writes no second file within this time.
    static let spacing: Duration = .seconds(600)

    let recorder = FlightRecorder()
    private let directory: String
    private let settings: ReplaySettings
    private let secrets: [[UInt8]]
    private let clock: any BridgeClock
    private let log: Log
    private let begin: (at: Duration, wallClock: Int64)
    private var written: [Rung: Duration] = [:]
    private let profile: () -> ModuleProfile
    private let kind: () -> LinkKind

    /// Files in `directory`. `secrets` are the byte strings that must not appear in one.
    init(
        directory: String, settings: ReplaySettings, clock: any BridgeClock, log: Log,
        profile: @escaping () -> ModuleProfile, kind: @escaping () -> LinkKind = { .mqtt }
    ) {
        self.directory = directory
        self.settings = settings
        self.clock = clock
        self.log = log
        self.profile = profile
        self.kind = kind
        begin = (clock.now, clock.wallClock)
        let link = settings.link
        secrets =
            [link.username, link.password].compactMap { $0 }
            + [link.pin, link.accessPoint?.username, link.accessPoint?.password].compactMap { $0 }.map {
                Array($0.utf8)
            }
    }

    /// Keeps one thing; an escalation above the TCP link writes a file.
    func add(_ dialogue: Dialogue) {
        let now = clock.now
        recorder.add(dialogue, now: now)
        guard case .recovers(let recovery) = dialogue, recovery.rung > .link else { return }
        if let last = written[recovery.rung], now - last < Self.spacing { return }
        written[recovery.rung] = now
        write(recovery)
    }

    /// The newest file's path.
    var newest: String? { Self.names(in: directory).last.map { "\(directory)/\($0)" } }

    /// `flight-20261120T140923Z-context.log` and the like, oldest first.
    static func names(in directory: String) -> [String] {
        let names = (try? Files.list(directory)) ?? []
        return names.filter { $0.hasPrefix("flight-") && $0.hasSuffix(".log") }.sorted()
    }

    private func write(_ recovery: Recovery) {
        let wallClock = clock.wallClock
        var settings = settings
        settings.profile = profile()
        // The clock of the first event kept is that of the header only when nothing was dropped; the ladder's ages are
        // those of the start.
        settings.wallClock = begin.wallClock
        let record = FlightRecord(
            settings: settings.lines, isSocket: kind() == .socket, pieces: recorder.pieces, isCut: recorder.isCut,
            secrets: secrets)
        let reason = readable(Array((recovery.reason ?? "the session ended").utf8))
        let job = Job(
            record: record, directory: directory, time: "\(Self.stamp(wallClock))-\(recovery.rung.word)",
            note: "cellbridge \(cellbridgeVersion), rung \(recovery.rung.word): \(reason)", log: log)
        if !job.start() { log(.warning, "the flight record cannot be written: no thread can be had") }
    }

    /// `20261120T140923Z`.
    static func stamp(_ time: Int64) -> String {
        var parts = unsafe tm()
        var seconds = time_t(time)
        unsafe gmtime_r(&seconds, &parts)
        func digits(_ value: Int32, _ count: Int = 2) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        return unsafe digits(parts.tm_year + 1900, 4) + digits(parts.tm_mon + 1) + digits(parts.tm_mday) + "T"
            + digits(parts.tm_hour) + digits(parts.tm_min) + digits(parts.tm_sec) + "Z"
    }

    /// Writes one file on a thread that ends with it.
    private final class Job: Sendable {
        private let record: FlightRecord
        private let directory: String
        private let time: String
        private let note: String
        private let log: Log

        init(record: FlightRecord, directory: String, time: String, note: String, log: Log) {
            self.record = record
            self.directory = directory
            self.time = time
            self.note = note
            self.log = log
        }

        func start() -> Bool {
            var thread = pthread_t()
            let context = unsafe Unmanaged.passRetained(self)
            let code = unsafe pthread_create(&thread, nil, flightRecordThread, context.toOpaque())
            if code != 0 { unsafe context.release() }
            if code == 0 { pthread_detach(thread) }
            return code == 0
        }

        func run() {
            // Signals are for the threads that wait for them.
            var all = sigset_t()
            unsafe sigfillset(&all)
            unsafe pthread_sigmask(SIG_BLOCK, &all, nil)
            let path = "\(directory)/flight-\(time).log"
            do throws(SystemError) {
                try Files.writeAtomically(path, record.text(note: note), mode: 0o600)
                for name in FlightRecords.names(in: directory).dropLast(FlightRecords.limit) {
                    try Files.remove("\(directory)/\(name)")
                }
                log(.info, "the dialogue with the module up to here: \(path) (cellbridge replay shows it)")
            } catch {
                log(.warning, "the flight record cannot be written: \(error)")
            }
        }

        static func run(_ context: UnsafeMutableRawPointer) {
            // SAFETY: the context is the retained job of `start`, taken over exactly once.
            unsafe Unmanaged<Job>.fromOpaque(context).takeRetainedValue().run()
        }
    }

    fileprivate static func runJob(_ context: UnsafeMutableRawPointer) { unsafe Job.run(context) }
}

private func flightRecordThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let context = unsafe context { unsafe FlightRecords.runJob(context) }
    return nil
}
