extension ConfigurationDecoder {
    private static let routeLimit = 256

    func routes(_ top: TableReader) -> [Configuration.Route] {
        let expected = "[[route]], with two brackets, for each route"
        guard let route = top.node?["route"] else {
            context.diagnostics.report(.error, nil, "route", "there is none; expected at least one [[route]]")
            return []
        }
        guard case .array(let entries) = route.value else {
            top.error("route", "is \(route.kind); expected \(expected)")
            return []
        }
        if entries.isEmpty { top.error("route", "is empty; expected at least one [[route]]") }
        if entries.count > Self.routeLimit {
            top.error("route", "there are \(entries.count); expected at most \(Self.routeLimit)")
        }
        return entries.prefix(Self.routeLimit).enumerated().compactMap { index, entry in
            let path = "route[\(index + 1)]"
            guard case .table = entry.value else {
                context.diagnostics.report(.error, entry, path, "is \(entry.kind); expected a table: [[route]]")
                return nil
            }
            return self.route(TableReader(entry, path: path, table: "route", context: context))
        }
    }

    private func route(_ table: TableReader) -> Configuration.Route {
        let direction = table.choice("direction") ?? Configuration.Route.Direction.out
        let qos = table.integer("qos", in: 0...2)
        let publishQoS = table.integer("publish_qos", in: 0...2)
        switch direction {
        case .in:
            if table.has("publish_qos") {
                table.warning(
                    "publish_qos", "means nothing for direction = \"in\"; qos is the one of the local publish")
            }
        case .out:
            if qos == 2, publishQoS == nil {
                table.warning(
                    "qos", "2 is not reached: local subscriptions stay at QoS 1; publish_qos = 2 publishes at QoS 2")
            }
        case .both: break
        }
        let localPrefix = prefix(table, "local_prefix")
        let remotePrefix = prefix(table, "remote_prefix")
        return Configuration.Route(
            direction: direction,
            topic: topic(table, localPrefix: localPrefix, remotePrefix: remotePrefix),
            localPrefix: localPrefix, remotePrefix: remotePrefix,
            qos: qos ?? 1, publishQoS: publishQoS,
            retain: table.choice("retain"),
            expire: table.duration("expire", in: .seconds(1)...(.seconds(3_155_760_000))),
            priority: table.choice("priority") ?? .normal)
    }

    // MARK: Topics

    private func prefix(_ table: TableReader, _ key: String) -> [UInt8] {
        let text = table.string(key) { text in
            if text.utf8.contains(where: Rules.isWildcard) {
                return "\(quoted(text)) has a wildcard; expected a prefix without + and #"
            }
            if text.utf8.count > 1024 { return "is \(text.utf8.count) bytes long; expected at most 1024" }
            return key == "remote_prefix"
                ? Rules.carriableComplaint(Array(text.utf8)) : Rules.controlComplaint(Array(text.utf8))
        }
        return Array((text ?? "").utf8)
    }

    private func topic(_ table: TableReader, localPrefix: [UInt8], remotePrefix: [UInt8]) -> [UInt8] {
        guard table.has("topic") else {
            table.error("topic", "is missing; expected a topic filter such as \"#\"")
            return []
        }
        let text = table.string("topic", expected: "a topic filter in quotation marks") { text in
            let bytes = Array(text.utf8)
            return Rules.filterComplaint(bytes) ?? Rules.carriableComplaint(bytes)
        }
        guard let text else { return [] }
        let topic = Array(text.utf8)
        if topic.isEmpty, localPrefix.isEmpty || remotePrefix.isEmpty {
            table.error("topic", "is empty; expected a topic filter, or both prefixes beside an empty one")
            return topic
        }
        for (key, prefix) in [("local_prefix", localPrefix), ("remote_prefix", remotePrefix)] {
            if let first = topic.first, Rules.isWildcard(first), let last = prefix.last, last != UInt8(ascii: "/") {
                let text = quoted(String(decoding: prefix, as: UTF8.self))
                table.error(key, "\(text) does not end in /; expected that before a topic that begins with a wildcard")
            }
        }
        for prefix in Set([localPrefix, remotePrefix]) where (prefix + topic).starts(with: "$share/".utf8) {
            table.error(
                prefix.isEmpty ? "topic" : prefix == localPrefix ? "local_prefix" : "remote_prefix",
                "is a shared subscription; expected a filter without $share/")
        }
        if remotePrefix.count + topic.count > Rules.moduleLimit {
            table.error(
                table.has("remote_prefix") ? "remote_prefix" : "topic",
                "and topic are \(remotePrefix.count + topic.count) bytes long; expected at most "
                    + "\(Rules.moduleLimit) together, the module's limit")
        }
        return topic
    }
}
