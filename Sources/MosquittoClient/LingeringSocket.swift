import Glibc
import LinuxIO

/// A connection whose last packet is written, kept until the broker has read it all.
///
/// Closing a socket in which bytes still wait to be read resets the connection, and a broker that is just sending then
/// gives up before it has read the acknowledgements in front of the DISCONNECT: all of them would come again. So the
/// rest is read and thrown away until the broker hangs up. Loop's thread only.
final class LingeringSocket {
    private let descriptor: OwnedDescriptor
    private let loop: EventLoop
    private var timer: EventLoop.TimerID?
    private var then: (() -> Void)?

    /// A second descriptor of the connection, which outlives the library's; nil when there is none to be had. `write` is
    /// called whenever something can be written, until `drain` or `abandon`. The library's descriptor must not be
    /// watched any more: epoll would go on reporting it after the library has closed it.
    init?(copyOf raw: Int32, loop: EventLoop, write: @escaping (EventLoop.Readiness) -> Void) {
        let copy = fcntl(raw, F_DUPFD_CLOEXEC, 3)
        guard copy >= 0 else { return nil }
        descriptor = OwnedDescriptor(owning: copy)
        self.loop = loop
        guard (try? loop.watch(copy, .writable, write)) != nil else { return nil }
    }

    /// Forgets everything.
    func abandon() {
        then = nil
        loop.unwatch(descriptor.raw)
        if let timer { loop.cancel(timer) }
        timer = nil
    }

    /// Says that nothing more is written, and calls `then` once the broker has hung up, after `limit` at the latest.
    func drain(limit: Duration, _ then: @escaping () -> Void) {
        self.then = then
        shutdown(descriptor.raw, Int32(SHUT_WR))
        timer = loop.schedule(after: limit) { self.finish() }
        do throws(SystemError) {
            try loop.watch(descriptor.raw, .readable) { _ in self.discard() }
        } catch {
            loop.schedule(after: .zero) { self.finish() }
        }
    }

    private func discard() {
        do throws(SystemError) {
            // One read a turn: the loop calls again while there is more.
            guard let bytes = try descriptor.read(upTo: 65536) else { return }
            if bytes.isEmpty { finish() }
        } catch {
            finish()
        }
    }

    private func finish() {
        guard let then else { return }
        abandon()
        then()
    }
}
