import Configuration
import GPIO
import LinuxIO
import Synchronization

/// What the service does for the recovery ladder: the hardware rung, and the end that comes after the last rung.
extension BridgeService {
    /// What `[module] reset` asks for.
    func moduleReset(_ clock: any BridgeClock) -> (any ModuleReset)? {
        switch configuration.module.reset {
        case .command(let command): return ResetRunner(command: command, loop: loop, log: log)
        case .gpio(let chip, let offset, let activeLow, let pulse):
            let reset = ResetPulse(name: "\(chip):\(offset)", pulse: pulse, clock: clock, log: log) {
                () throws(GPIOError) -> any OutputLine in
                try GPIOLine(chip: chip, line: offset, activeLow: activeLow)
            }
            reset.prepare()
            return reset
        case nil: return nil
        }
    }

    /// No rung of the ladder has helped: ends in order, and with a status that makes the service manager start it anew.
    /// Later, so that what called has returned.
    func giveUpSoon(_ reason: String) {
        loop.schedule(after: .zero) { [weak self] in self?.assumeIsolated { $0.gaveUp(reason) } }
    }

    private func gaveUp(_ reason: String) {
        guard !stopping else { return }
        exitStatus.store(ExitCode.temporary.rawValue, ordering: .releasing)
        log(.error, "\(reason): ending with status \(ExitCode.temporary.rawValue), to be started anew")
        stop()
    }
}
