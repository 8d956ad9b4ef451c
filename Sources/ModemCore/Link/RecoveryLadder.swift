/// Which rung comes next after a failure, and how long to wait before it.
///
/// The rules are data: `Rung.rule` for preconditions, budgets and cool-downs, `Trouble.rule` for how far each kind of
/// failure goes, `LadderMemory` for what is known of the module. A failure enters at its own rung, or at the one that
/// helped the last time; when its budget is used up, the next rung is climbed to, as far as its cool-down and the
/// trouble allow. An outage ends with acknowledged traffic, and with nothing else.
struct RecoveryLadder {
    /// A rung, and the pause before it.
    struct Decision: Equatable {
        var rung: Rung
        var after: Duration
    }

    /// A module that is mute for so long has used up all there is, where no hardware reset is configured.
    static let longestMute: Duration = .seconds(1800)

    /// Uses of a rung in this outage.
    private struct Series {
        var count = 0
        var last: Duration?

        func allowed(_ coolDown: [Duration], now: Duration) -> Bool {
            guard let last, count > 0, let longest = coolDown.last else { return true }
            return now >= last + (count < coolDown.count ? coolDown[count] : longest)
        }
    }

    /// What an outage is remembered by.
    private struct Outage {
        let trouble: Trouble
        let entry: Rung
        /// Something else failed as well: nothing can be learnt.
        var isMixed = false
        /// The remembered rung it began at.
        var start: Rung?
        /// The rung that was used last.
        var used: Rung?
    }

    /// The module that is in use; empty: not known.
    var imei = ""
    let hasHardwareReset: Bool
    private(set) var memory: LadderMemory
    private var outage: Outage?
    private var failures = 0
    private(set) var climbed = Rung.link
    private var series = [Series](repeating: Series(), count: Rung.allCases.count)
    private var pause: Duration = .zero
    private var random: SplitMix64
    private var change: LadderMemory?

    init(seed: UInt64, hasHardwareReset: Bool = false, memory: LadderMemory = LadderMemory()) {
        random = SplitMix64(state: seed)
        self.hasHardwareReset = hasHardwareReset
        self.memory = memory
    }

    /// The machine starts: ages that were kept become times of this process.
    mutating func start(now: Duration) {
        for rung in Rung.kept {
            guard let known = memory.series[rung], let age = known.age else { continue }
            series[rung.rawValue] = Series(count: known.count, last: now - age)
        }
    }

    /// What is to be put on disk, once after each change.
    mutating func takeChange() -> LadderMemory? {
        guard change != nil else { return nil }
        defer { change = nil }
        return change
    }

    // MARK: The end of an outage

    /// A session carried an acknowledged message: every series ends, and what helped is learnt.
    mutating func delivered(now: Duration) {
        guard outage != nil || series.contains(where: { $0.count > 0 }) else { return }
        let wasCounting = Rung.kept.contains { series[$0.rawValue].count > 0 }
        let known = memory
        if let outage { learn(outage) }
        for index in series.indices { series[index] = Series() }
        end()
        if wasCounting || memory != known { record(now: now) }
    }

    /// A session stood for a while without traffic that would prove it: the next break is a new one, restarts stay
    /// counted, and nothing is learnt.
    mutating func lasted() { end() }

    private mutating func end() {
        outage = nil
        failures = 0
        climbed = .link
        pause = .zero
    }

    private mutating func learn(_ outage: Outage) {
        guard !outage.isMixed, let used = outage.used else { return }
        var remedy = memory[imei, outage.trouble]
        if outage.start != nil {
            remedy?.used += 1
        } else if used <= max(outage.entry, .link) || used == .service {
            remedy = nil
        } else if remedy?.rung == used {
            let confirmed = (remedy?.confirmed ?? 0) + 1
            remedy = LadderMemory.Remedy(rung: used, confirmed: min(confirmed, 1000))
        } else {
            remedy = LadderMemory.Remedy(rung: used)
        }
        if remedy != memory[imei, outage.trouble] { memory[imei, outage.trouble] = remedy }
    }

    // MARK: Failures

    /// What to do after a failure: a rung, and the pause before it.
    ///
    /// A failure above all earlier ones is acted on at once and begins to count anew at its own rung. Pauses grow until
    /// a session has worked, so that a broker that is down for hours is not called every few seconds.
    mutating func next(_ failure: Failure, limit: Rung = .service, now: Duration) -> Decision {
        let (trouble, entry) = (failure.trouble, failure.rung)
        let top = min(trouble.rule.top, limit)
        if let start = begin(failure, limit: limit, now: now) { return Decision(rung: start, after: .zero) }
        failures += 1
        if entry > climbed {
            climbed = entry
            failures = 1
            return Decision(rung: permitted(failure, now: now), after: .zero)
        }
        if failures > entry.rule.tries {
            failures = 1
            climbed = max(climbed, min(above(climbed), top))
            for rung in Rung.allCases.reversed() where rung > entry && rung <= min(climbed, top) {
                if allows(rung, for: trouble, now: now) { return Decision(rung: rung, after: .zero) }
            }
        }
        let rung = permitted(failure, now: now)
        return Decision(rung: rung, after: rung >= .restart ? .zero : grow())
    }

    /// Whether the port's absence is to be answered with a hardware reset now.
    mutating func portIsGone(now: Duration) -> Bool {
        guard allows(.hardware, for: .port, now: now) else { return false }
        _ = begin(Failure(.port), now: now)
        return true
    }

    /// What to do about a module that gives no answer: the rungs that need none, `nil`: ask it again later.
    /// `wasRestarted`: `AT+RESET` was sent blindly since it last answered; `since`: when it was first found mute.
    mutating func mute(wasRestarted: Bool, since: Duration, now: Duration) -> Rung? {
        if let start = begin(Failure(.mute), now: now) { return start }
        if !wasRestarted, allows(.restart, for: .mute, now: now) { return .restart }
        if allows(.hardware, for: .mute, now: now) { return .hardware }
        let isUsedUp = hasHardwareReset ? isExhausted(now: now) : now >= since + Self.longestMute
        return isUsedUp && hasCooledDown(.service, now: now) ? .service : nil
    }

    /// Notes a failure; the remembered rung when an outage begins that is to begin there.
    private mutating func begin(_ failure: Failure, limit: Rung = .service, now: Duration) -> Rung? {
        if let known = outage {
            if known.trouble != failure.trouble { outage?.isMixed = true }
            if known.start != nil {
                outage?.start = nil
                // It began there and failed in the same way: forgotten.
                if known.trouble == failure.trouble {
                    memory[imei, known.trouble] = nil
                    record(now: now)
                }
            }
            return nil
        }
        outage = Outage(trouble: failure.trouble, entry: failure.rung)
        guard let start = memory.start(imei, failure.trouble), start > failure.rung,
            start <= min(failure.trouble.rule.top, limit),
            allows(start, for: failure.trouble, now: now)
        else { return nil }
        outage?.start = start
        climbed = max(climbed, start)
        failures = 1
        return start
    }

    // MARK: Uses

    /// A rung is being used: told when its first command is given, of a restart when it was heard.
    mutating func noteUse(_ rung: Rung, now: Duration) {
        outage?.used = rung
        guard rung > .link else { return }
        series[rung.rawValue].count = min(series[rung.rawValue].count + 1, 1000)
        series[rung.rawValue].last = now
        if Rung.kept.contains(rung) { record(now: now) }
    }

    private mutating func record(now: Duration) {
        for rung in Rung.kept {
            let known = series[rung.rawValue]
            let age = known.last.map { min(max(now - $0, .zero), .seconds(LadderMemory.longestAge)) }
            memory.series[rung] = known.count > 0 ? LadderMemory.Series(count: known.count, age: age) : nil
        }
        change = memory
    }

    // MARK: What is allowed

    /// Whether this rung may be used now for this trouble.
    func allows(_ rung: Rung, for trouble: Trouble, now: Duration) -> Bool {
        switch rung {
        case .probe, .session, .link: true
        case .context, .radio: hasCooledDown(rung, now: now)
        case .restart: series[rung.rawValue].allowed(trouble.rule.restarts ?? rung.rule.coolDown, now: now)
        case .hardware: hasHardwareReset && hasCooledDown(rung, now: now)
        case .service: isExhausted(now: now) && hasCooledDown(rung, now: now)
        }
    }

    private func hasCooledDown(_ rung: Rung, now: Duration) -> Bool {
        series[rung.rawValue].allowed(rung.rule.coolDown, now: now)
    }

    /// Whether the highest rung that there is has used up its budget.
    private func isExhausted(now: Duration) -> Bool {
        let highest: Rung = hasHardwareReset ? .hardware : .restart
        return series[highest.rawValue].count >= highest.rule.budget && !hasCooledDown(highest, now: now)
    }

    /// The next rung that there is.
    private func above(_ rung: Rung) -> Rung {
        Rung.allCases.first { $0 > rung && ($0 != .hardware || hasHardwareReset) } ?? rung
    }

    /// The failure's own rung, or the highest below it that is allowed.
    private func permitted(_ failure: Failure, now: Duration) -> Rung {
        switch failure.rung {
        case .probe, .session, .link, .context, .radio: return failure.rung
        case .restart, .hardware, .service:
            let candidates = Rung.allCases.reversed().drop { $0 > failure.rung }
            return candidates.first { $0 <= .radio || allows($0, for: failure.trouble, now: now) } ?? .radio
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
