import BridgeCore
import Control
import ModemCore

/// What `status` tells of the running bridge. Times are Unix seconds.
extension BridgeAssembly {
    func deskStatus() -> JSONValue {
        let now = dispatcher.clock.wallClock
        let isKnown = !module.link.facts.model.isEmpty
        let history = dispatcher.history
        let uptime = (dispatcher.clock.now - dispatcher.startedAt).components.seconds
        var status: [JSONValue.Member] = [
            .init(name: "service", value: true),
            .init(name: "version", value: .text(cellbridgeVersion)),
            .init(name: "name", value: .text(dispatcher.about.name)),
            .init(name: "now", value: .number(now)),
            .init(name: "uptime", value: .number(uptime)),
            .init(name: "link", value: .text(module.isOnline ? "online" : "offline")),
            .init(name: "link_kind", value: module.linkKind),
            .init(name: "tls", value: module.linkTLS),
            .init(name: "window", value: module.linkWindow),
            .init(name: "since", value: .number(history.since)),
            .init(name: "at", value: .text(module.summary)),
            .init(name: "rung", value: .text(module.link.recovery?.rung.word)),
            .init(name: "reason", value: .text(history.reason)),
            .init(name: "last_recovery", value: history.outage.map(\.json) ?? .null),
            .init(name: "signal", value: signal),
            .init(name: "operator", value: network),
            .init(name: "profile", value: .text(isKnown ? module.link.currentProfile.name : nil)),
            .init(name: "module", value: module.link.facts.json),
            .init(name: "local", value: .text(local.isConnected ? "connected" : "not connected")),
            .init(name: "waiting", value: .number(dispatcher.waiting)),
            .init(name: "queue", value: queueStatus),
        ]
        status.append(.init(name: "flight_record", value: .text(flights?.newest)))
        let counters = dispatcher.counters
        status.append(
            .init(
                name: "bytes",
                value: .members([
                    "payload_out": .count(counters.outBytes), "payload_in": .count(counters.inBytes),
                    "line_sent": .count(module.lineBytes.sent), "line_received": .count(module.lineBytes.received),
                ])))
        if let end = dispatcher.about.certificatesEnd {
            status.append(
                .init(
                    name: "certificates",
                    value: .members([
                        "end": .number(end),
                        "days": .number(end.subtractingReportingOverflow(now).partialValue / 86400),
                    ])))
        }
        status.append(.init(name: "counters", value: counters.json))
        return .object(status)
    }

    private var signal: JSONValue {
        let known = [module.link.facts.signal, desk?.radio.signal].compactMap(\.self)
        guard let signal = known.max(by: { $0.at < $1.at }) else { return .null }
        return .members([
            "csq": .number(signal.csq), "dbm": .number(signal.dBm), "words": .text(signal.words),
            "age": .number((dispatcher.clock.now - signal.at).components.seconds),
        ])
    }

    private var network: JSONValue {
        guard let network = desk?.radio.network else { return .null }
        return .members([
            "name": .text(network.name), "technology": .text(network.technology),
            "age": .number((dispatcher.clock.now - network.at).components.seconds),
        ])
    }

    private var queueStatus: JSONValue {
        let depths = dispatcher.depths
        return .members([
            "out": .number(dispatcher.waiting), "in": .number(dispatcher.inboxWaiting),
            "aside": .number(depths.aside), "bytes": .number(depths.bytes),
            "oldest_out": dispatcher.outbox.oldestAcceptance.map { .number($0) } ?? .null,
            "oldest_in": dispatcher.inbox.oldestAcceptance.map { .number($0) } ?? .null,
            "next_release": dispatcher.nextRelease.map { .number($0) } ?? .null,
        ])
    }
}

extension Dispatcher {
    /// Messages in the inbox that were not delivered.
    var inboxWaiting: Int {
        let held = pending.appendIn.count + (outstanding?.batch.appendIn.count ?? 0)
        let gone = pending.removeIn.count + (outstanding?.batch.removeIn.count ?? 0)
        return max(depths.in + held - gone, 0)
    }
}

extension LinkHistory.Outage {
    fileprivate var json: JSONValue {
        .members([
            "rung": .text(rung?.word), "reason": .text(reason), "began": .number(began),
            "ended": ended.map { .number($0) } ?? .null,
        ])
    }
}

extension ModuleFacts {
    fileprivate var json: JSONValue {
        func known(_ text: String) -> JSONValue { text.isEmpty ? .null : .text(text) }
        return .members([
            "model": known(model), "firmware": known(firmware), "imei": known(imei), "iccid": known(iccid),
        ])
    }
}
