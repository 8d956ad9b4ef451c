/// Which rung comes next after a failure, and how long to wait before it.
///
/// A failure enters at its own rung; four failures in a row at or below a rung, or two of the radio, climb to the next
/// one. Module restarts after consecutive failures are spaced at once, 10, 30 and then every 60 minutes (Quectel GSM
/// TCP/IP guide, chapter 9); a session that delivered ends the series. The hardware rung has a series of its own.
struct RecoveryLadder {
    /// How many failures a rung is given before the next one is tried.
    static let attemptsPerRung = 4
    /// Pauses before the first, second, third and every further restart of a series.
    static let restartSpacing: [Duration] = [.zero, .seconds(600), .seconds(1800), .seconds(3600)]

    private struct Series {
        var count = 0
        var last: Duration?

        func allowed(now: Duration) -> Bool {
            guard let last, count > 0 else { return true }
            return now >= last + restartSpacing[min(count, restartSpacing.count - 1)]
        }

        mutating func note(now: Duration) {
            count += 1
            last = now
        }
    }

    private var failures = 0
    private var climbed = Rung.link
    private var restarts = Series()
    private var hardwareResets = Series()
    private var pause: Duration = .zero
    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(state: seed) }

    /// A session carried an acknowledged message: every series ends.
    mutating func delivered() {
        failures = 0
        climbed = .link
        restarts = Series()
        hardwareResets = Series()
        pause = .zero
    }

    /// A session stood for a while without traffic that would prove it: the next break is a new one, restarts stay counted.
    mutating func lasted() {
        failures = 0
        climbed = .link
        pause = .zero
    }

    /// What to do after a failure that belongs to `entry`: a rung, and the pause before it.
    ///
    /// A failure above all earlier ones is acted on at once and begins to count anew at its own rung. Pauses grow until
    /// a session has worked, so that a broker that is down for hours is not called every few seconds.
    mutating func next(entry: Rung, hasHardwareReset: Bool, now: Duration) -> (rung: Rung, after: Duration) {
        let rung = permitted(entry, hasHardwareReset: hasHardwareReset, now: now)
        failures += 1
        if entry > climbed {
            climbed = entry
            failures = 1
            return (rung, .zero)
        }
        // Turning the radio off and on helps at once or not at all, and each try of it takes half a minute or more: after
        // one that did not, AT+RESET (YM310 AT manual 13.14).
        if failures > (entry == .radio ? 1 : Self.attemptsPerRung) {
            failures = 1
            climbed = Rung(rawValue: min(climbed.rawValue + 1, Rung.hardware.rawValue)) ?? .hardware
            let higher = permitted(climbed, hasHardwareReset: hasHardwareReset, now: now)
            if higher >= min(climbed, .restart) { return (higher, .zero) }
        }
        return (rung, rung >= .restart ? .zero : grow())
    }

    /// Whether a restart by command may happen now.
    func mayRestart(now: Duration) -> Bool { restarts.allowed(now: now) }
    /// Whether a hardware reset may happen now.
    func mayResetHardware(now: Duration) -> Bool { hardwareResets.allowed(now: now) }
    /// A restart that the module answered; an unanswered one does not count.
    mutating func noteRestart(now: Duration) { restarts.note(now: now) }
    /// A hardware reset was done.
    mutating func noteHardwareReset(now: Duration) { hardwareResets.note(now: now) }

    /// The rung itself, or the highest below it that its spacing and the hardware allow.
    private func permitted(_ rung: Rung, hasHardwareReset: Bool, now: Duration) -> Rung {
        switch rung {
        case .probe, .session, .link, .context, .radio: return rung
        case .restart: return mayRestart(now: now) ? .restart : .radio
        case .hardware:
            if hasHardwareReset, mayResetHardware(now: now) { return .hardware }
            return mayRestart(now: now) ? .restart : .radio
        }
    }

    /// The next pause: none for the first failure, then doubling from 1 s to 60 s, each cut by up to a quarter.
    private mutating func grow() -> Duration {
        let current = pause
        pause = pause == .zero ? .seconds(1) : min(pause * 2, .seconds(60))
        return current * (1 - Double(random.next() % 1000) / 4000)
    }
}

/// A small seeded generator (SplitMix64), so that the same seed gives the same run.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
