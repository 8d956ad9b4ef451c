import GPIO

/// What resets the module from outside: `[module] reset`. Loop's thread only.
protocol ModuleReset: AnyObject {
    /// Resets it, one at a time; `then` gets whether that was done, and if not, why.
    func run(_ then: @escaping (Bool, String) -> Void)
    /// The service ends now.
    func serviceEnds()
}

/// A line that is ours as an output.
protocol OutputLine: AnyObject {
    /// Makes it active or not.
    func set(active: Bool) throws(GPIOError)
    /// Gives it back.
    func release()
}

extension GPIOLine: OutputLine {}

/// Resets the module by a pulse on a GPIO line: its reset pin, or its power key.
///
/// The line is requested as not active, made active for the pulse, made not active again and given back. The loop goes
/// on meanwhile.
final class ResetPulse: ModuleReset {
    private let name: String
    private let pulse: Duration
    private let clock: any BridgeClock
    private let log: Log
    private let open: () throws(GPIOError) -> any OutputLine
    private var line: (any OutputLine)?
    private var end: ScheduledCall?

    /// `name`: the line, for people; `open` requests it as an output that is not active.
    init(
        name: String, pulse: Duration, clock: any BridgeClock, log: Log,
        open: @escaping () throws(GPIOError) -> any OutputLine
    ) {
        self.name = name
        self.pulse = pulse
        self.clock = clock
        self.log = log
        self.open = open
    }

    /// At the start: a process that was killed in the middle of a pulse may have left the line active. Also tells early
    /// that the line cannot be used.
    func prepare() {
        do throws(GPIOError) {
            try open().release()
        } catch {
            log(.warning, "[module] reset gpio \(name) cannot be used now: \(error)")
        }
    }

    func run(_ then: @escaping (Bool, String) -> Void) {
        guard line == nil else { return then(false, "the pulse on \(name) is not over") }
        do throws(GPIOError) {
            let line = try open()
            do throws(GPIOError) {
                try line.set(active: true)
            } catch {
                line.release()
                throw error
            }
            self.line = line
        } catch {
            return then(false, "\(error)")
        }
        end = clock.schedule(at: clock.now + pulse) { [self] in
            let problem = finish()
            then(problem == nil, problem ?? name)
        }
    }

    /// The module must not be left in reset.
    func serviceEnds() {
        end?.cancel()
        if let problem = finish() { log(.error, "[module] reset gpio \(name): \(problem)") }
    }

    private func finish() -> String? {
        guard let line else { return nil }
        end = nil
        self.line = nil
        defer { line.release() }
        do throws(GPIOError) {
            try line.set(active: false)
            return nil
        } catch {
            return "it may still be active: \(error)"
        }
    }
}
