import CLinuxShims
import Glibc
import LinuxIO

/// One timer with nanoseconds: the loop's own timers round up to milliseconds, which pacing cannot bear.
final class PreciseTimer {
    private let descriptor: OwnedDescriptor
    private let loop: EventLoop
    private var armed: Duration?

    /// Calls `handler` on the loop's thread whenever the time set has come.
    init(loop: EventLoop, handler: @escaping () -> Void) throws(SystemError) {
        let raw = timerfd_create(CLOCK_MONOTONIC, Int32(TFD_CLOEXEC) | Int32(TFD_NONBLOCK))
        guard raw >= 0 else { throw SystemError("timerfd_create") }
        descriptor = OwnedDescriptor(owning: raw)
        self.loop = loop
        try loop.watch(raw, .readable) { [weak self] _ in
            guard let self else { return }
            _ = try? self.descriptor.read(upTo: 8)
            self.armed = nil
            handler()
        }
    }

    /// Sets the timer to `due` (in the loop's time), or stops it.
    func set(_ due: Duration?) {
        guard due != armed else { return }
        armed = due
        var left: Int64 = 0
        // Zero would stop the timer, so what is late is due in a nanosecond.
        if let due { left = max(1, (due - loop.now).nanoseconds) }
        var setting = itimerspec()
        setting.it_value.tv_sec = Int(left / 1_000_000_000)
        setting.it_value.tv_nsec = Int(left % 1_000_000_000)
        _ = unsafe timerfd_settime(descriptor.raw, 0, &setting, nil)
    }

    func close() { loop.unwatch(descriptor.raw) }
}
