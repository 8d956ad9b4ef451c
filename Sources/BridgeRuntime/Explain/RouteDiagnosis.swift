import BridgeCore

/// Why a route does not take a topic that somebody may think it does.
struct RouteDiagnosis {
    /// Why, for people.
    var reason: String
    /// How much of the topic fits; the higher, the likelier this route was meant.
    var score: Int

    private static let slash = UInt8(ascii: "/")

    /// For a route of the direction asked for.
    /// - Parameters:
    ///   - own: The prefix of the side it comes from, and the name of that key.
    ///   - other: The prefix of the other side.
    init(topic: [UInt8], filter: [UInt8], own: (prefix: [UInt8], key: String), other: [UInt8]) {
        if let here = Self.inverse(topic, filter, own.prefix, other) {
            self.init("that is its name on the other side; here it is \(readable(here))", 1900)
        } else if !topic.starts(with: own.prefix) {
            self = Self.prefix(topic, own)
        } else {
            self = Self.levels(topic, filter)
        }
    }

    private init(_ reason: String, _ score: Int) {
        self.reason = reason
        self.score = score
    }

    // MARK: Prefixes

    /// The topic on this side, when the one asked for is that of the other.
    private static func inverse(
        _ topic: [UInt8], _ filter: [UInt8], _ own: [UInt8], _ other: [UInt8]
    ) -> [UInt8]? {
        // With an empty prefix any topic could be one of the other side: then the rest has to say something.
        let begins =
            filter.dropFirst(own.count).first.map { $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "#") } ?? false
        guard !other.isEmpty || (begins && !own.isEmpty), topic.starts(with: other) else { return nil }
        let here = own + topic.dropFirst(other.count)
        return matches(filter, here) ? here : nil
    }

    private static func matches(_ filter: [UInt8], _ topic: [UInt8]) -> Bool {
        (try? TopicFilter(filter).matches(topic)) == true
    }

    private static func prefix(_ topic: [UInt8], _ own: (prefix: [UInt8], key: String)) -> RouteDiagnosis {
        let prefix = own.prefix
        let name = "\(own.key) \"\(readable(prefix))\""
        let common = zip(topic, prefix).prefix { $0 == $1 }.count
        if topic + [slash] == prefix {
            return RouteDiagnosis("the topic is \(name) without its /: nothing is left that could be replaced", 2000)
        }
        if topic.first == slash, topic.dropFirst().starts(with: prefix) {
            return RouteDiagnosis("the topic begins with a /, \(name) does not: to MQTT these are different", 1500)
        }
        if prefix.first == slash, topic.starts(with: prefix.dropFirst()) {
            return RouteDiagnosis("\(name) begins with a /, the topic does not: to MQTT these are different", 1500)
        }
        if lowercase(topic).starts(with: lowercase(prefix)) {
            return RouteDiagnosis("upper and lower case differ from \(name)", 1500)
        }
        if prefix.last == slash, common == prefix.count - 1 {
            return RouteDiagnosis(
                "the topic begins with \"\(readable(prefix.dropLast()))\" but lacks the / of \(name)", 1000)
        }
        return RouteDiagnosis("the topic does not begin with \(name)", common)
    }

    // MARK: Levels

    private static func levels(_ topic: [UInt8], _ filter: [UInt8]) -> RouteDiagnosis {
        let its = topic.split(separator: slash, omittingEmptySubsequences: false)
        let wanted = filter.split(separator: slash, omittingEmptySubsequences: false)
        let shown = "the filter \(readable(filter))"
        if topic.first == UInt8(ascii: "$"), let first = filter.first,
            [UInt8(ascii: "#"), UInt8(ascii: "+")].contains(first)
        {
            return RouteDiagnosis("\(shown) begins with a wildcard, which does not reach topics that begin with $", 100)
        }
        if topic.first == slash, matches(filter, Array(topic.dropFirst())) {
            return RouteDiagnosis("the topic begins with a /, \(shown) does not: to MQTT these are different", 1500)
        }
        if filter.first == slash, matches(filter, [slash] + topic) {
            return RouteDiagnosis("\(shown) begins with a /, the topic does not: to MQTT these are different", 1500)
        }
        var score = 0
        for (index, level) in wanted.enumerated() {
            if level == [UInt8(ascii: "#")] { break }
            guard index < its.count else {
                return RouteDiagnosis("the topic ends at level \(its.count), \(shown) has \(wanted.count)", 100 + score)
            }
            if level != [UInt8(ascii: "+")], level != its[index] {
                let isCase = lowercase(Array(level)) == lowercase(Array(its[index]))
                let place = "level \(index + 1) is \"\(readable(its[index]))\", \(shown) has \"\(readable(level))\""
                return RouteDiagnosis(place + (isCase ? ": upper and lower case differ" : ""), isCase ? 1500 : score)
            }
            score += level.count + 1
        }
        if its.count > wanted.count {
            let hint =
                wanted.last == [UInt8(ascii: "+")]
                ? "+ is one level, # would take the rest" : "a last level # would take the rest"
            return RouteDiagnosis("\(shown) ends at level \(wanted.count), the topic has \(its.count): \(hint)", 500)
        }
        return RouteDiagnosis("\(shown) does not match", score)
    }

    private static func lowercase(_ bytes: [UInt8]) -> [UInt8] {
        bytes.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 + 32 : $0 }
    }
}
