/// The clock: CCLK (YM310 AT manual 3.10), CNTP and its bearer (7.1), and the network's own time (5.7 to 5.9).
extension SimulatedModule {
    mutating func clockReply(_ command: ParsedCommand, now: Duration) -> Reply? {
        switch (command.name, command.form) {
        case ("+CCLK", .test), ("+CNTP", .test), ("+CNTPCID", .test), ("+SAPBR", .test): return .ok
        case ("+CCLK", .query): return .says("+CCLK: \"\(clock.text(now))\"")
        case ("+CCLK", .set(let arguments)):
            guard arguments.count == 1, let clock = Self.clock(arguments[0].bytes, now: now) else {
                return .fails(.invalidParameters)
            }
            self.clock = clock
            return .ok
        case ("+CTZR", .test), ("+CTZU", .test): return .says("\(command.name): (0,1)")
        case ("+CTZR", .query): return .says("+CTZR: 1")
        case ("+CTZR", .set): return .fails(.notAllowed)
        case ("+CTZU", .query): return .says("+CTZU: \(settings.takesNetworkTime ? 1 : 0)")
        case ("+CTZU", .set):
            guard let value = setting(command, 0...1) else { return .fails(.invalidParameters) }
            settings.takesNetworkTime = value == 1
            return .ok
        case ("+CNTP", .query): return .says("+CNTP: \(timeServer),\(timeServerZone), 5")
        case ("+CNTP", .set(let arguments)): return setTimeServer(arguments)
        case ("+CNTP", .execute):
            // Up to the default time-out when nothing answers.
            let isHeard = cell.hasBearer && options.hasTimeServer && !faults.isNetworkHeld(now)
            let delay = isHeard || !cell.hasBearer ? .milliseconds(200) + options.networkLatency : .seconds(5)
            agenda.add(.timeServerAnswer(isHeard: isHeard), at: now + delay)
            return .ok
        case ("+CNTPCID", .query): return .says("+CNTPCID: 1")
        case ("+CNTPCID", .set): return setting(command, 1...15) == nil ? .fails(.invalidParameters) : .ok
        case ("+SAPBR", .set(let arguments)):
            guard let kind = arguments[0].number, kind <= 5 else { return .fails(.invalidParameters) }
            return kind == 1 && !cell.hasBearer ? .fails(.other) : .ok
        default: return nil
        }
    }

    private mutating func setTimeServer(_ arguments: [ParsedCommand.Argument]) -> Reply {
        guard (1...2).contains(arguments.count), (1...Self.nameLimit).contains(arguments[0].bytes.count) else {
            return .fails(.invalidParameters)
        }
        var zone = timeServerZone
        if arguments.count == 2 {
            guard let value = Int(arguments[1].text), (-47...48).contains(value) else {
                return .fails(.invalidParameters)
            }
            zone = value
        }
        timeServer = arguments[0].text
        timeServerZone = zone
        return .ok
    }

    /// What `yy/MM/dd,hh:mm:ss±zz` sets the clock to; nil when it is not that.
    private static func clock(_ text: [UInt8], now: Duration) -> ModuleClock? {
        guard text.count == 20, let local = CivilTime.unix(digitsOf: Array(text.prefix(17))),
            [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(text[17]),
            let quarters = ParsedCommand.Argument(bytes: Array(text.suffix(2))).number
        else { return nil }
        let zone = text[17] == UInt8(ascii: "-") ? -quarters : quarters
        guard (-47...48).contains(zone) else { return nil }
        return ModuleClock(unix: local - Int64(zone) * 900, zone: zone, now: now)
    }

    // MARK: Who knows the time

    /// The time it really is.
    func trueTime(_ now: Duration) -> Int64 { bootWallSeconds + now.components.seconds }

    func bootClock(now: Duration) -> ModuleClock {
        switch options.clock {
        case .host: ModuleClock(unix: trueTime(now), zone: 32, now: now)
        case .wrong: ModuleClock(unix: ModuleClock.epoch, zone: 0, now: now)
        case .time(let unix): ModuleClock(unix: unix, zone: 0, now: now)
        }
    }

    mutating func timeServerAnswered(isHeard: Bool, now: Duration) {
        guard power == .running else { return }
        guard cell.hasBearer else { return printLine("+CNTP: 61") }
        guard isHeard else { return printLine("+CNTP: 65") }
        clock = ModuleClock(unix: trueTime(now), zone: timeServerZone, now: now)
        printLine("+CNTP: 1")
    }

    /// The network tells the time: UTC with the zone appended, which is what it looks like on these modules, while
    /// CCLK is local.
    mutating func networkTimeArrived(now: Duration) {
        guard power == .running else { return }
        let unix = trueTime(now)
        if settings.takesNetworkTime { clock = ModuleClock(unix: unix, zone: 32, now: now) }
        guard profile.family == .luat else { return }
        let time = CivilTime(unix: unix)
        printLine("+NITZ: " + (dialect.has(.longYear) ? time.longText : time.shortText) + "+32,0")
    }
}
