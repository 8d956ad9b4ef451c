/// One numbered message of the demo: text, binary and UTF-8 in turn.
struct DemoMessage: Equatable {
    /// Which way it goes.
    enum Direction: Equatable {
        /// From the local broker to the remote one.
        case out
        /// From the remote broker to the local one.
        case `in`
    }

    /// What the routes of the demo put before topics on the remote broker.
    static let remotePrefix = "site17/"

    /// From 1.
    var number: Int
    /// Where it is published.
    var topic: [UInt8]
    /// Where it must arrive.
    var arrivesAt: [UInt8]
    /// Holds the number, so that no two are alike.
    var payload: [UInt8]

    /// The `number`-th message of a direction.
    init(_ direction: Direction, _ number: Int) {
        self.number = number
        let tenths = 195 + number * 7 % 50
        let degrees = "\(tenths / 10).\(tenths % 10)"
        let local: String
        switch (number % 3, direction) {
        case (1, .out):
            local = "sensors/room1/climate"
            payload = Array("{\"n\":\(number),\"t\":\(degrees)}".utf8)
        case (1, .in):
            local = "commands/room1/light"
            payload = Array("{\"n\":\(number),\"on\":\(number % 2 == 0)}".utf8)
        case (2, _):
            local = direction == .out ? "sensors/meter/raw" : "commands/meter/patch"
            // What a line-based protocol stumbles over: NUL, Ctrl-Z, a quotation mark, a backslash, a result code.
            payload = [UInt8(truncatingIfNeeded: number), 0x00, 0xFF, 0x1A, 0x22, 0x5C] + Array("\r\nOK\r\n".utf8)
        default:
            local = direction == .out ? "sensors/garden/note" : "commands/garden/display"
            payload = Array("Nr. \(number): \(degrees) °C, 湿度 40 %".utf8)
        }
        topic = Array(((direction == .in ? Self.remotePrefix : "") + local).utf8)
        arrivesAt = Array(((direction == .out ? Self.remotePrefix : "") + local).utf8)
    }
}
