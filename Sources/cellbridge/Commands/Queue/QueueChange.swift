import BridgeCore
import BridgeRuntime
import Configuration
import Control
import LinuxIO
import Outbox

/// Who changes the queue: the running service where it answers, else this process with the state directory's lock.
enum QueueChange {
    /// Does what is asked for in one of the two ways.
    static func run<Answer>(
        _ path: String, service: (ServiceWork) throws(CommandFailure) -> Answer,
        alone: (SQLiteMessageStore) throws(StoreError) -> Answer
    ) throws(CommandFailure) -> (answer: Answer, isService: Bool) {
        let work = try ServiceWork(path)
        defer { work.close() }
        if try work.hasService() { return (try service(work), true) }
        let directory = work.configuration.queue.path
        try look(directory)
        let lock = try lock(directory)
        defer { withExtendedLifetime(lock) {} }
        do throws(StoreError) {
            // Nothing is added, so the bounds do not matter.
            let store = try SQLiteMessageStore(
                directory: directory, maximumBytes: .max, overflow: .dropNewest, onEvent: { _ in })
            defer { store.close() }
            return (try alone(store), false)
        } catch {
            let failure = QueueWork.failure(error, directory)
            throw CommandFailure(failure.code == .noInput ? .cannotCreate : failure.code, failure.text)
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
                \(error), and does not listen on [control] socket: stop the service first (systemctl stop cellbridge), \
                and start it again afterwards
                """)
        }
    }
}
