import BridgeCore
import BridgeRuntime
import Configuration
import Glibc
import LinuxIO
import Outbox

/// `cellbridge queue retry`.
struct QueueRetryCommand: Command {
    static let name = "queue retry"
    static let summary = "lets messages that are set aside go back into the queue"
    static let details = """
        The numbers are those of queue list --aside. The service must not run meanwhile; it sends the messages after its
        next start, in their old place. (Asking a running service comes with a later release.)
        Exit status: 0, 65 the store is damaged or of a newer version, 66 there is no such file, no store yet, or none
        of the messages is set aside, 73 the state directory cannot be written, 75 the service is running, 77 not
        permitted, 78 the configuration is wrong.
        """
    static let examples: [(line: String, meaning: String)] = [
        ("cellbridge queue retry 1184", "one message"),
        ("cellbridge queue retry --all -c field-box.toml", "all that are set aside"),
    ]
    static var operands: [CommandOperand<QueueRetryCommand>] {
        [
            .values(
                "ID", 0...OperandText.many, "the number of a message", \.ids,
                expected: "the number of a message, as queue list --aside shows it"
            ) { Int64($0).flatMap { $0 > 0 ? $0 : nil } }
        ]
    }
    static var options: [CommandOption<QueueRetryCommand>] {
        [.configurationFile(\.path), .flag("all", nil, "all that are set aside") { $0.isAll = true }]
    }

    var path = Configuration.defaultPath
    var isAll = false
    var ids: [Int64] = []

    mutating func validate() throws(UsageProblem) {
        if isAll, !ids.isEmpty { throw UsageProblem("--all and numbers exclude each other") }
        if !isAll, ids.isEmpty { throw UsageProblem("nothing to retry: name a message by its number, or --all") }
    }

    func run() -> ExitCode {
        Self.reporting { () throws(CommandFailure) in
            let directory = try CertsWork.load(path, checksFiles: false).queue.path
            try Self.look(directory)
            let lock = try Self.lock(directory)
            defer { withExtendedLifetime(lock) {} }
            let done = try retry(directory)
            for id in ids where !done.contains(id) { Console.error("cellbridge \(Self.name): \(id) is not set aside") }
            if done.isEmpty, !isAll {
                throw CommandFailure(
                    .noInput, "nothing was changed: cellbridge queue list --aside shows what is set aside")
            }
            Console.line(
                done.isEmpty
                    ? "nothing is set aside"
                    : "\(done.count) message(s) back in the queue: they go after the service's start")
            return .ok
        }
    }

    /// Makes no store where there is none.
    private static func look(_ directory: String) throws(CommandFailure) {
        do throws(StoreError) {
            guard let reader = try StoreReader.open(directory: directory) else {
                throw StoreError.failed(QueueWork.none(directory))
            }
            reader.close()
        } catch {
            throw QueueWork.failure(error, directory)
        }
    }

    private static func lock(_ directory: String) throws(CommandFailure) -> DirectoryLock {
        do throws(DirectoryLock.Failure) {
            return try DirectoryLock(directory)
        } catch {
            guard case .held = error else {
                throw CommandFailure(.cannotCreate, "\(error); run it as the service's user or as root")
            }
            throw CommandFailure(
                .temporary,
                """
                \(error): stop the service first (systemctl stop cellbridge), and start it again afterwards; retrying \
                through the running service comes with a later release
                """)
        }
    }

    private func retry(_ directory: String) throws(CommandFailure) -> [Int64] {
        do throws(StoreError) {
            // Nothing is added, so the bounds do not matter.
            let store = try SQLiteMessageStore(
                directory: directory, maximumBytes: .max, overflow: .dropNewest, onEvent: { _ in })
            defer { store.close() }
            return try store.retryAside(isAll ? nil : ids)
        } catch {
            let failure = QueueWork.failure(error, directory)
            throw CommandFailure(failure.code == .noInput ? .cannotCreate : failure.code, failure.text)
        }
    }
}
