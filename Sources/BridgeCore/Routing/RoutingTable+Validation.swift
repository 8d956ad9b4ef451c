extension RoutingTable {
    /// The two filters of a route, or what is wrong with it.
    static func validated(_ route: Route, _ index: Int) throws(RouteProblem) -> Mapping {
        func problem(_ key: RouteProblem.Key, _ why: String) -> RouteProblem {
            RouteProblem(index: index, key: key, why: why)
        }
        guard (0...2).contains(route.qos) else { throw problem(.qos, "0, 1 or 2 is expected, not \(route.qos)") }
        if let qos = route.publishQoS, !(0...2).contains(qos) {
            throw problem(.publishQoS, "0, 1 or 2 is expected, not \(qos)")
        }
        if let seconds = route.expirySeconds, seconds <= 0 {
            throw problem(.expire, "a duration above zero is expected")
        }
        if hasWildcard(route.localPrefix) { throw problem(.localPrefix, "a prefix has no + or #") }
        if hasWildcard(route.remotePrefix) { throw problem(.remotePrefix, "a prefix has no + or #") }
        let local: TopicFilter
        do { local = try TopicFilter(route.localFilter) } catch {
            throw problem(.topic, explained(error, "local_prefix", route.localPrefix, route.topic))
        }
        let remote: TopicFilter
        do { remote = try TopicFilter(route.remoteFilter) } catch {
            throw problem(.topic, explained(error, "remote_prefix", route.remotePrefix, route.topic))
        }
        if let reason = RemoteLimits.topicProblem(route.topic) { throw problem(.topic, reason) }
        if let reason = RemoteLimits.topicProblem(route.remoteFilter) { throw problem(.remotePrefix, reason) }
        for (filter, key) in [(local, RouteProblem.Key.localPrefix), (remote, .remotePrefix)]
        where filter.bytes.starts(with: Array("$share/".utf8)) {
            throw problem(key, "shared subscriptions ($share/) cannot be bridged")
        }
        return Mapping(local: local, remote: remote)
    }

    private static func hasWildcard(_ bytes: [UInt8]) -> Bool {
        bytes.contains(Topic.plus) || bytes.contains(Topic.hash)
    }

    /// Says which two parts were put together, and what is most often meant.
    private static func explained(
        _ error: TopicError, _ name: String, _ prefix: [UInt8], _ topic: [UInt8]
    ) -> String {
        if error == .empty { return "topic and \(name) are both empty" }
        var text = "\(name) + topic is no topic filter: \(error)"
        if let last = prefix.last, last != Topic.slash, let first = topic.first,
            first == Topic.plus || first == Topic.hash
        {
            text += " (\(name) is put before it as it is: should it end in a /?)"
        }
        return text
    }
}
