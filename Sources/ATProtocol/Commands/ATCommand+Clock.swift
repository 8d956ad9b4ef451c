/// The module's clock: YM310 AT manual 3.10 and 7.1.
extension ATCommand {
    /// `AT+CCLK?`: answers `+CCLK: "yy/MM/dd,hh:mm:ss±zz"`, local time with its zone in quarters of an hour.
    /// YM310 AT manual 3.10.
    public static var cclkQuery: ATCommand { ATCommand("AT+CCLK?", prefixes: ["+CCLK"]) }

    /// `AT+CCLK="yy/MM/dd,hh:mm:ss±zz"`; the parts of `time` are local time in its zone, the year 2000 to 2099.
    /// YM310 AT manual 3.10.
    public static func cclkSet(_ time: NetworkTime) throws(ATEncodingError) -> ATCommand {
        let parts = [
            (time.year, 2000...2099, "year"), (time.month, 1...12, "month"), (time.day, 1...31, "day"),
            (time.hour, 0...23, "hour"), (time.minute, 0...59, "minute"), (time.second, 0...59, "second"),
            (time.zoneQuarters, -47...48, "zone"),
        ]
        for (value, allowed, field) in parts where !allowed.contains(value) {
            throw .outOfRange(field: field, value: value, allowed: allowed)
        }
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let date = [time.year - 2000, time.month, time.day].map(two).joined(separator: "/")
        let clock = [time.hour, time.minute, time.second].map(two).joined(separator: ":")
        let zone = (time.zoneQuarters < 0 ? "-" : "+") + two(abs(time.zoneQuarters))
        return ATCommand("AT+CCLK=\"\(date),\(clock)\(zone)\"")
    }

    /// `AT+CNTP="server",zone`: where the time is asked for, and the local zone in quarters of an hour.
    /// YM310 AT manual 7.1.
    public static func cntpServer(_ server: String, zoneQuarters: Int = 0) throws(ATEncodingError) -> ATCommand {
        var writer = CommandWriter("AT+CNTP=")
        try writer.append(quoted: server, field: "NTP server")
        writer.append(",")
        try writer.append(number: zoneQuarters, in: -47...48, field: "zone")
        return ATCommand(line: writer.line)
    }

    /// `AT+CNTP`: asks; `+CNTP: code` comes after the `OK`, 1 when the clock was set, 61 to 65 when not.
    /// YM310 AT manual 7.1.
    public static var cntp: ATCommand { ATCommand("AT+CNTP", prefixes: ["+CNTP"]) }
}
