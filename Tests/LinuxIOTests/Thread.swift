import Glibc
import LinuxIO
import Testing

/// A thread of its own for one piece of work.
final class Thread {
    private final class Start: Sendable {
        let loop: EventLoop
        let body: @Sendable (EventLoop) -> Void

        init(_ loop: EventLoop, _ body: @escaping @Sendable (EventLoop) -> Void) {
            self.loop = loop
            self.body = body
        }
    }

    private let thread: pthread_t

    init(_ loop: EventLoop, _ body: @escaping @Sendable (EventLoop) -> Void) throws {
        var thread = pthread_t()
        let start = unsafe Unmanaged.passRetained(Start(loop, body)).toOpaque()
        let code = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let start = unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                start.body(start.loop)
                return nil
            }, start)
        try #require(code == 0)
        self.thread = thread
    }

    func join() { pthread_join(thread, nil) }
}
