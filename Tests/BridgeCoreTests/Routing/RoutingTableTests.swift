import BridgeCore
import Testing

private func route(
    _ direction: Route.Direction, _ topic: String, local: String = "", remote: String = "", qos: Int = 1,
    publishQoS: Int? = nil, retain: Route.Retain? = nil, expire: Int64? = nil, priority: Route.Priority = .normal
) -> Route {
    Route(
        direction: direction, topic: bytes(topic), localPrefix: bytes(local), remotePrefix: bytes(remote), qos: qos,
        publishQoS: publishQoS, retain: retain, expirySeconds: expire, priority: priority)
}

@Suite struct RoutingTableTests {
    private func forwarded(_ table: RoutingTable, _ topic: String, qos: Int = 1, retain: Bool = false)
        -> OutboundForward?
    {
        guard case .forward(let forward) = table.outbound(localTopic: bytes(topic), qos: qos, retain: retain) else {
            return nil
        }
        return forward
    }

    private func received(_ table: RoutingTable, _ topic: String) -> InboundForward? {
        guard case .forward(let forward) = table.inbound(remoteTopic: bytes(topic)) else { return nil }
        return forward
    }

    @Test(arguments: [
        ("plant/a", "site7/a"), ("plant/a/b", "site7/a/b"), ("plant//", "site7//"), ("plant/", "site7/"),
        ("plant", nil), ("planted/x", nil), ("other", nil), ("$SYS/x", nil), ("Plant/a", nil),
    ])
    func onePrefixIsReplacedByTheOther(local: String, remote: String?) throws {
        let table = try RoutingTable([route(.out, "#", local: "plant/", remote: "site7/")])
        #expect(forwarded(table, local)?.topic == remote.map(bytes))
        if remote == nil { #expect(table.outbound(localTopic: bytes(local), qos: 1, retain: false) == .notRouted) }
    }

    @Test(arguments: [
        ("site/17/commands/x", "commands/x"), ("site/17/commands", "commands"), ("site/17", nil), ("commands/x", nil),
    ])
    func inboundReplacesTheRemotePrefix(remote: String, local: String?) throws {
        let table = try RoutingTable([route(.in, "commands/#", remote: "site/17/")])
        #expect(received(table, remote)?.topic == local.map(bytes))
        #expect(table.outbound(localTopic: bytes("commands/x"), qos: 1, retain: false) == .notRouted)
    }

    @Test func emptyTopicCarriesTheOneTopicOfThePrefix() throws {
        let table = try RoutingTable([route(.both, "", local: "here/lamp", remote: "there/lamp")])
        #expect(forwarded(table, "here/lamp")?.topic == bytes("there/lamp"))
        #expect(forwarded(table, "here/lamp/x") == nil)
        #expect(received(table, "there/lamp")?.topic == bytes("here/lamp"))
    }

    @Test func firstRouteOfTheDirectionWins() throws {
        let table = try RoutingTable([
            route(.in, "a/#", remote: "in/"), route(.out, "a/+", remote: "one/"), route(.out, "#", remote: "two/"),
        ])
        #expect(forwarded(table, "a/b")?.route == 1)
        #expect(forwarded(table, "a/b/c")?.topic == bytes("two/a/b/c"))
        #expect(received(table, "in/a/b")?.route == 0)
    }

    @Test func aRouteWithoutThePrefixDoesNotHideALaterOne() throws {
        let table = try RoutingTable([route(.out, "#", local: "plant/"), route(.out, "plant")])
        #expect(forwarded(table, "plant")?.route == 1)
    }

    @Test(arguments: [
        (1, nil, 0, 0), (1, nil, 1, 1), (0, nil, 1, 0), (2, nil, 1, 1), (1, 2, 0, 2), (1, 0, 1, 0), (2, nil, 7, 2),
    ])
    func outboundQoS(route qos: Int, publishQoS: Int?, message: Int, expected: Int) throws {
        let table = try RoutingTable([route(.out, "#", qos: qos, publishQoS: publishQoS)])
        #expect(forwarded(table, "a", qos: message)?.qos == expected)
    }

    @Test(arguments: [
        (Route.Retain?.none, true, false), (.keep, true, true), (.clear, false, false),
    ])
    func retain(value: Route.Retain?, out: Bool, in inbound: Bool) throws {
        let table = try RoutingTable([route(.both, "#", remote: "r/", retain: value)])
        #expect(forwarded(table, "a", retain: true)?.retain == out)
        #expect(forwarded(table, "a", retain: false)?.retain == false)
        #expect(received(table, "r/a")?.retain == inbound)
    }

    @Test func theRestOfTheRouteIsPassedOn() throws {
        let table = try RoutingTable([route(.both, "#", remote: "r/", qos: 2, expire: 60, priority: .high)])
        #expect(forwarded(table, "a")?.expirySeconds == 60)
        #expect(forwarded(table, "a")?.priority == .high)
        #expect(received(table, "r/a")?.qos == 2)
        #expect(received(table, "r/a")?.expirySeconds == 60)
        #expect(received(table, "r/a")?.isBoth == true)
    }

    @Test func echoIsExpectedFromAnyInboundFilterThatMatches() throws {
        let alone = try RoutingTable([route(.out, "#", local: "l/", remote: "r/")])
        #expect(forwarded(alone, "l/a")?.expectsEcho == false)
        let both = try RoutingTable([route(.both, "#", local: "l/", remote: "r/")])
        #expect(forwarded(both, "l/a")?.expectsEcho == true)
        let across = try RoutingTable([
            route(.out, "#", local: "l/", remote: "r/"), route(.in, "cmd/#", local: "x/", remote: "r/"),
        ])
        #expect(forwarded(across, "l/cmd/1")?.expectsEcho == true)
        #expect(forwarded(across, "l/data")?.expectsEcho == false)
    }

    @Test func nothingReachesDollarTopicsThroughAWildcard() throws {
        let table = try RoutingTable([route(.out, "#", local: "plant/"), route(.in, "#", remote: "r/")])
        guard
            case .refused("topic", let reason) = table.outbound(
                localTopic: bytes("plant/$CONTROL/x"), qos: 1, retain: false)
        else {
            Issue.record("not refused")
            return
        }
        #expect(reason.contains("$"))
        guard case .refused("topic", _) = table.inbound(remoteTopic: bytes("r/$SYS/x")) else {
            Issue.record("taken")
            return
        }
        let literal = try RoutingTable([route(.out, "$SYS/broker/#", remote: "")])
        #expect(forwarded(literal, "$SYS/broker/uptime")?.topic == bytes("$SYS/broker/uptime"))
        #expect(forwarded(try RoutingTable([route(.out, "#")]), "$SYS/x") == nil)
    }

    @Test(arguments: ["r/", "r/a+", "r/a#b", "r/a\u{0}", "r/\u{7f}"])
    func hostileRemoteTopicsAreRefused(topic: String) throws {
        let table = try RoutingTable([route(.in, "#", remote: "r/")])
        guard case .refused("topic", _) = table.inbound(remoteTopic: bytes(topic)) else {
            Issue.record("taken")
            return
        }
    }

    @Test func notUTF8IsRefused() throws {
        let table = try RoutingTable([route(.in, "#", remote: "r/")])
        guard case .refused("topic", _) = table.inbound(remoteTopic: bytes("r/") + [0xFF]) else {
            Issue.record("taken")
            return
        }
    }

    @Test func aTopicThatGrowsOverTheLimitIsRefused() throws {
        let table = try RoutingTable([route(.out, "#", remote: "remote/")])
        let topic = [UInt8](repeating: 0x61, count: 65535)
        guard case .refused("topic", _) = table.outbound(localTopic: topic, qos: 0, retain: false) else {
            Issue.record("taken")
            return
        }
    }

    @Test func coveredFiltersAreSubscribedOnce() throws {
        let table = try RoutingTable([
            route(.out, "a/b"), route(.out, "a/#"), route(.both, "c/+", qos: 0), route(.in, "c/d", qos: 2),
            route(.in, "e", qos: 0), route(.out, "x/+/z"), route(.out, "x/y/+"),
        ])
        #expect(table.localFilters.map(\.description) == ["a/#", "c/+", "x/+/z", "x/y/+"])
        #expect(table.remoteSubscriptions.map(\.filter.description) == ["c/+", "e"])
        #expect(table.remoteSubscriptions.map(\.qos) == [2, 0])
    }

    @Test func localLoopsAreKnown() throws {
        #expect(try RoutingTable([route(.out, "a/#"), route(.in, "b/#")]).needingNoLocal == nil)
        let both = try RoutingTable([route(.out, "z"), route(.both, "a/#")]).needingNoLocal
        #expect(both?.inbound == 1 && both?.outbound == 1)
        let pair = try RoutingTable([route(.out, "a/+"), route(.in, "a/b", remote: "r/")]).needingNoLocal
        #expect(pair?.inbound == 1 && pair?.outbound == 0)
    }

    @Test(arguments: [
        (route(.out, "#", qos: 3), RouteProblem.Key.qos), (route(.out, "#", qos: -1), .qos),
        (route(.out, "#", publishQoS: 3), .publishQoS), (route(.out, "#", expire: 0), .expire),
        (route(.out, "#", local: "a/+/"), .localPrefix), (route(.out, "#", remote: "#"), .remotePrefix),
        (route(.out, "#", local: "plant"), .topic), (route(.out, "+/a", remote: "site7"), .topic),
        (route(.out, ""), .topic), (route(.out, "", local: "a"), .topic), (route(.out, "a#"), .topic),
        (route(.out, "a\"b"), .topic), (route(.out, "a", remote: "x\\"), .remotePrefix),
        (route(.in, "a", remote: String(repeating: "x", count: 256)), .remotePrefix),
        (route(.out, "a", local: String(repeating: "x", count: 65535)), .topic),
        (route(.out, "x", local: "$share/g/"), .localPrefix), (route(.in, "x", remote: "$share/g/"), .remotePrefix),
    ])
    func badRoutesAreNamed(route bad: Route, key: RouteProblem.Key) {
        do throws(RouteProblem) {
            _ = try RoutingTable([route(.out, "fine"), bad])
            Issue.record("accepted")
        } catch {
            #expect(error.index == 1)
            #expect(error.key == key, "\(error)")
        }
    }

    @Test func aForgottenSlashIsExplained() {
        do throws(RouteProblem) {
            _ = try RoutingTable([route(.out, "#", local: "plant")])
            Issue.record("accepted")
        } catch {
            #expect(error.description.hasPrefix("route 1: topic: local_prefix + topic is no topic filter: "))
            #expect(error.description.contains("should it end in a /?"))
        }
    }
}
