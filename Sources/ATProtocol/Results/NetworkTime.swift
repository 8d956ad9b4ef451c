/// Network time as `+NITZ:` prints it. The time is UTC although a zone follows it.
public struct NetworkTime: Equatable, Sendable {
    /// Full year, 2000 and later.
    public var year: Int
    /// 1 to 12.
    public var month: Int
    /// 1 to 31.
    public var day: Int
    /// 0 to 23.
    public var hour: Int
    /// 0 to 59.
    public var minute: Int
    /// 0 to 60.
    public var second: Int
    /// Offset of local time in quarters of an hour.
    public var zoneQuarters: Int

    /// A time from its parts.
    public init(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int, zoneQuarters: Int) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
        self.zoneQuarters = zoneQuarters
    }
}
