import BridgeCore
package import ModemCore

/// A message that somebody wants explained.
package struct TopicQuestion: Equatable, Sendable {
    /// Which broker it comes from.
    package enum Way: String, Sendable {
        /// From the local broker to the remote one.
        case out
        /// From the remote broker to the local one.
        case `in`

        /// The way back.
        package var opposite: Way { self == .out ? .in : .out }
    }

    /// The topic at the broker it comes from; any bytes.
    package var topic: [UInt8]
    /// Which way it goes.
    package var way: Way
    /// Its payload; any bytes.
    package var payload: [UInt8]
    /// The QoS it is published with, 0...2.
    package var qos: Int
    /// Its retain flag.
    package var retain: Bool

    /// A message.
    package init(topic: [UInt8], way: Way = .out, payload: [UInt8], qos: Int = 1, retain: Bool = false) {
        self.topic = topic
        self.way = way
        self.payload = payload
        self.qos = qos
        self.retain = retain
    }
}

/// What the bridge would do with a message, and why.
package struct TopicExplanation: Equatable, Sendable {
    /// What becomes of it.
    package enum Outcome: Equatable, Sendable {
        /// A route takes it.
        case taken(Crossing)
        /// The route at this index (from 0) takes it, but it cannot be carried: a code and a reason.
        case refused(route: Int, code: String, reason: String)
        /// No route takes it; the nearest ones, best first. At most three.
        case notRouted([NearRoute])
        /// It is one of the bridge's own; why it stays.
        case own(String)
        /// No broker has such a topic; why.
        case invalid(String)
    }

    /// What was asked.
    package var question: TopicQuestion
    /// What becomes of it.
    package var outcome: Outcome
    /// Indices of later routes of this direction that match too and get nothing.
    package var overtaken: [Int]

    /// Whether it reaches the other broker.
    package var isTaken: Bool { if case .taken = outcome { true } else { false } }
}

/// A route that does not take a topic, and why.
package struct NearRoute: Equatable, Sendable {
    /// Its index, from 0.
    package var route: Int
    /// Why not, for people.
    package var reason: String
}

/// A message on its way to the other side.
package struct Crossing: Equatable, Sendable {
    /// The index of the route, from 0.
    package var route: Int
    /// The topic on the other side.
    package var topic: [UInt8]
    /// The QoS of the publish there.
    package var qos: Int
    /// Its retain flag.
    package var retain: Bool
    /// How long it may wait, in seconds; `nil`: for ever.
    package var expirySeconds: Int64?
    /// `high`, `normal` or `low`; `nil` on the way in, which has none.
    package var priority: String?
    /// Whether the remote broker sends it back, to be dropped here.
    package var isEchoed: Bool
    /// Whether MQTT is made on this host, over the module's TCP socket; else by the module.
    package var usesSocket = false
    /// What goes over the serial line.
    package var line: LineUse
    /// What goes over the air.
    package var air: AirUse
    /// What else there is to say.
    package var notes: [String]
}

/// What one message takes of the serial line.
package struct LineUse: Equatable, Sendable {
    /// How the payload is written; `nil` on the way in and over the socket link.
    package var encoding: PublishStateMachine.Encoding?
    /// The firmware whose limits decided.
    package var profile: String
    /// Bytes to the module: commands with their line ends, and data.
    package var sent: Int
    /// Bytes from the module, its usual spellings.
    package var received: Int
    /// Bytes of the `AT+MQTTMODE` and its `OK`, due only when the message before it was written otherwise.
    package var modeSwitch: Int
    /// The rate, bit/s.
    package var baud: Int

    /// How long the line is busy with it, at ten bits a byte.
    package var time: Duration { .microseconds(Int64(sent + received) * 10_000_000 / Int64(max(1, baud))) }
}
