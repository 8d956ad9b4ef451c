import BridgeRuntime
import Configuration
import Glibc
import LinuxIO
import Outbox

extension CommandGroup {
    /// `cellbridge queue`.
    static var queue: CommandGroup {
        CommandGroup(
            name: "queue", summary: "what waits, what was refused and why, and whether the books are balanced",
            commands: [
                QueueListCommand.self, QueueShowCommand.self, QueueExportCommand.self, QueueRetryCommand.self,
                QueuePurgeCommand.self, QueueVerifyCommand.self,
            ])
    }
}

/// What the commands around the queue share.
enum QueueWork {
    /// Opens the store of the configuration at `path` for reading, whether or not a service has it, and closes it behind
    /// `work`. A failure is told and is the exit status.
    static func read(
        _ name: String, _ path: String,
        _ work: (StoreReader, _ directory: String) throws(StoreError) -> ExitCode
    ) -> ExitCode {
        CommandFailure.told(by: name) { () throws(CommandFailure) in try reading(path, flushes: true, work) }
    }

    /// The same for a command that tells failures itself. `flushes`: a running service commits first, if it listens, and
    /// to this user.
    static func reading(
        _ path: String, flushes: Bool, _ work: (StoreReader, _ directory: String) throws(StoreError) -> ExitCode
    ) throws(CommandFailure) -> ExitCode {
        let directory = try CertsWork.load(path, checksFiles: false).queue.path
        if flushes { flush(path) }
        do throws(StoreError) {
            guard let reader = try StoreReader.open(directory: directory) else {
                throw StoreError.failed(none(directory))
            }
            defer { reader.close() }
            return try work(reader, directory)
        } catch {
            throw failure(error, directory)
        }
    }

    /// What it does not do, for whatever reason, is no failure: the store tells as of its last commit.
    private static func flush(_ path: String) {
        guard let work = try? ServiceWork(path) else { return }
        defer { work.close() }
        guard (try? work.hasService()) == true else { return }
        _ = try? work.call("flush")
    }

    /// There is no store.
    static func none(_ directory: String) -> String {
        "there is no queue in \(directory): either the service has not run yet, or [queue] path is another one"
    }

    /// The exit status that belongs to a failure of the store in `directory`.
    static func failure(_ error: StoreError, _ directory: String) -> CommandFailure {
        if case .unusable = error, isForbidden(directory + "/outbox.db") {
            return CommandFailure(.noPermission, "\(error): run it as the service's user or as root")
        }
        let code: ExitCode =
            switch error {
            case .damaged, .newer: .dataError
            case .foreign: .configuration
            case .unusable, .failed, .closed: .noInput
            }
        return CommandFailure(code, error.description)
    }

    private static func isForbidden(_ path: String) -> Bool {
        (unsafe access(path, R_OK)) != 0 && (errno == EACCES || errno == EPERM)
    }
}

/// Wall time in the reader's zone.
enum LocalTime {
    /// `2026-11-20 13:04:05 CET`.
    static func text(_ time: Int64) -> String {
        // localtime_r fails past the year 2147485547.
        var seconds = time_t(min(max(time, -62_000_000_000), 250_000_000_000))
        var parts = unsafe tm()
        guard unsafe localtime_r(&seconds, &parts) != nil else { return "\(time)" }
        var buffer = [CChar](repeating: 0, count: 64)
        let count = unsafe strftime(&buffer, buffer.count, "%Y-%m-%d %H:%M:%S %Z", &parts)
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// `3 d 4 h`, `2 min 5 s`: the two largest parts of a time in seconds.
    static func span(_ seconds: Int64) -> String {
        let seconds = max(0, seconds)
        let parts = [
            (seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s"),
        ]
        guard let first = parts.firstIndex(where: { $0.0 > 0 }) else { return "0 s" }
        return parts[first...].prefix(2).filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: " ")
    }
}
