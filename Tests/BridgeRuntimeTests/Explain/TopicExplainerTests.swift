import ATProtocol
import BridgeCore
import Configuration
import ModemCore
import Testing

@testable import BridgeRuntime

struct TopicExplainerTests {
    private static let routes: [Configuration.Route] = [
        route(.out, "#", "plant/", "site7/"), route(.in, "commands/#", "", "site7/"), route(.out, "a/+/c"),
        route(.out, "a/b/#"), route(.both, "settings/#", "", "site7/"), route(.out, "Exact/topic"),
        route(.out, "+", "rooted/", "far/"), route(.in, "#", "", "down/"),
    ]

    private static func route(
        _ direction: Configuration.Route.Direction, _ topic: String, _ local: String = "", _ remote: String = ""
    ) -> Configuration.Route {
        Configuration.Route(
            direction: direction, topic: Array(topic.utf8), localPrefix: Array(local.utf8),
            remotePrefix: Array(remote.utf8))
    }

    private static func explainer(
        _ routes: [Configuration.Route] = routes, profile: Configuration.Module.Profile = .automatic,
        tls: Configuration.RemoteTLS? = nil
    ) throws -> TopicExplainer {
        try TopicExplainer(
            Configuration(
                bridge: Configuration.Bridge(name: "box"),
                local: Configuration.Local(host: "localhost", port: 1883, clientID: "x"),
                module: Configuration.Module(profile: profile),
                remote: Configuration.Remote(
                    host: "broker", clientID: "box", tls: tls,
                    heartbeat: Configuration.Remote.Heartbeat(topic: Array("beat".utf8), every: .seconds(9))),
                routes: routes,
                queue: Configuration.Queue(path: "/q", maxBytes: 1 << 20, overflow: .dropOldest),
                control: Configuration.Control(socket: nil)))
    }

    private static func explained(
        _ topic: String, _ way: TopicQuestion.Way = .out, payload: [UInt8] = [0x61], qos: Int = 1,
        profile: Configuration.Module.Profile = .automatic
    ) throws -> TopicExplanation {
        try explainer(profile: profile).explain(
            TopicQuestion(topic: Array(topic.utf8), way: way, payload: payload, qos: qos))
    }

    private static func crossing(_ explanation: TopicExplanation) -> Crossing? {
        if case .taken(let crossing) = explanation.outcome { crossing } else { nil }
    }

    @Test(arguments: [
        ("plant/x", TopicQuestion.Way.out, 0, "site7/x"), ("a/b/c", .out, 2, "a/b/c"), ("a/b", .out, 3, "a/b"),
        ("settings/x", .out, 4, "site7/settings/x"), ("site7/commands/x", .in, 1, "commands/x"),
        ("down/x", .in, 7, "x"),
    ])
    func itIsTaken(_ topic: String, _ way: TopicQuestion.Way, _ route: Int, _ other: String) throws {
        let explanation = try Self.explained(topic, way)
        let crossing = try #require(Self.crossing(explanation))
        #expect(explanation.isTaken)
        #expect(crossing.route == route)
        #expect(crossing.topic == Array(other.utf8))
    }

    @Test func laterRoutesThatFitAreNamed() throws {
        #expect(try Self.explained("a/b/c").overtaken == [3])
        #expect(try Self.explained("a/x/c").overtaken == [])
    }

    @Test func anEchoIsForetold() throws {
        #expect(try #require(Self.crossing(try Self.explained("settings/x"))).isEchoed)
        #expect(try !#require(Self.crossing(try Self.explained("a/b"))).isEchoed)
    }

    @Test(arguments: [
        ("plant", TopicQuestion.Way.out, 0, "without its /"),
        ("planted/x", .out, 0, "begins with \"plant\" but lacks the / of local_prefix \"plant/\""),
        ("Plant/x", .out, 0, "upper and lower case differ from local_prefix"),
        ("/plant/x", .out, 0, "the topic begins with a /, local_prefix \"plant/\" does not"),
        ("site7/x", .out, 0, "its name on the other side; here it is plant/x"),
        ("commands/x", .in, 1, "its name on the other side; here it is site7/commands/x"),
        ("commands/x", .out, 1, "goes the other way only"),
        ("exact/topic", .out, 5, "level 1 is \"exact\", the filter Exact/topic has \"Exact\": upper and lower case"),
        ("Exact", .out, 5, "the topic ends at level 1, the filter Exact/topic has 2"),
        ("Exact/topic/more", .out, 5, "ends at level 2, the topic has 3: a last level # would take the rest"),
        ("rooted/a/b", .out, 6, "ends at level 2, the topic has 3: + is one level"),
        ("/Exact/topic", .out, 5, "the topic begins with a /, the filter Exact/topic does not"),
        ("a/x/y", .out, 2, "level 3 is \"y\", the filter a/+/c has \"c\""),
    ])
    func theNearestRouteIsNamed(_ topic: String, _ way: TopicQuestion.Way, _ route: Int, _ part: String) throws {
        guard case .notRouted(let near) = try Self.explained(topic, way).outcome else {
            Issue.record("\(topic) is taken")
            return
        }
        #expect(near.count <= 3)
        #expect(near.first?.route == route)
        #expect(near.first?.reason.contains(part) == true, "\(near)")
    }

    @Test func aWildcardThatBeginsAFilterDoesNotReachSystemTopics() throws {
        let explanation = try Self.explainer([Self.route(.out, "#")]).explain(
            TopicQuestion(topic: Array("$SYS/x".utf8), payload: []))
        guard case .notRouted(let near) = explanation.outcome else {
            Issue.record("it is taken")
            return
        }
        #expect(near.first?.reason.contains("does not reach topics that begin with $") == true)
    }

    @Test func noRouteThisWayIsNoReason() throws {
        let explanation = try Self.explainer([Self.route(.out, "a")]).explain(
            TopicQuestion(topic: Array("b".utf8), way: .in, payload: []))
        #expect(explanation.outcome == .notRouted([]))
    }

    @Test(arguments: [
        ("plant/a\"b", "topic", "cannot carry a \""), ("plant/" + String(repeating: "x", count: 300), "topic", "256"),
    ])
    func whatCannotBeCarriedIsRefused(_ topic: String, _ code: String, _ part: String) throws {
        guard case .refused(let route, let said, let reason) = try Self.explained(topic).outcome else {
            Issue.record("it is not refused")
            return
        }
        #expect(route == 0)
        #expect(said == code)
        #expect(reason.contains(part), "\(reason)")
    }

    @Test func aPayloadOverAllLimitsIsRefused() throws {
        let payload = [UInt8](repeating: 0x61, count: 4101)
        let expected = TopicExplanation.Outcome.refused(
            route: 0, code: "too-long", reason: "4101 bytes is over the module's limit of 4100")
        #expect(try Self.explained("plant/x", payload: payload).outcome == expected)
        #expect(try !Self.explained("plant/x", payload: Array(payload.prefix(2385)), profile: .ec716s).isTaken)
        let some = try #require(Self.crossing(try Self.explained("plant/x", payload: Array(payload.prefix(2385)))))
        #expect(some.line.profile == "air780ep")
        #expect(some.notes.first?.contains("ec716s would refuse it") == true)
    }

    @Test(arguments: [
        ([0x61], PublishStateMachine.Encoding.text), ([0x00], .hex), ([], .text),
        ([UInt8](repeating: 0, count: 3000), .data),
    ])
    func itIsEncodedAsTheLinkDoes(_ payload: [UInt8], _ encoding: PublishStateMachine.Encoding) throws {
        let crossing = try #require(Self.crossing(try Self.explained("plant/x", payload: payload, profile: .air780e)))
        #expect(crossing.line.encoding == encoding)
        var machine = PublishStateMachine(profile: .air780e, acknowledgementTimeout: .seconds(1))
        machine.modeIs(text: encoding != .hex)
        var action = machine.begin(
            PublishStateMachine.Message(id: 1, topic: crossing.topic, payload: payload, qos: 1, retain: false),
            now: .zero)
        if case .record = action { action = machine.recorded() }
        guard case .submit(let command) = action else {
            Issue.record("\(action)")
            return
        }
        #expect(crossing.line.sent == command.line.count + 2 + (command.data?.count ?? 0))
    }

    @Test(arguments: [
        ("cellbridge/box/state", TopicQuestion.Way.out), ("cellbridge/box/link", .out), ("beat", .in),
    ])
    func itsOwnTopicsStay(_ topic: String, _ way: TopicQuestion.Way) throws {
        guard case .own = try Self.explained(topic, way).outcome else {
            Issue.record("\(topic) is not its own")
            return
        }
    }

    @Test func whatIsNoTopicIsSaid() throws {
        for bytes in [[], [0xFF], [0x61, 0x2B], [0x23], [0x00]] as [[UInt8]] {
            for way in [TopicQuestion.Way.out, .in] {
                let explanation = try Self.explainer().explain(TopicQuestion(topic: bytes, way: way, payload: []))
                guard case .invalid = explanation.outcome else {
                    Issue.record("\(bytes)")
                    continue
                }
                #expect(explanation.overtaken.isEmpty)
            }
        }
    }

    @Test func whatTheModuleCutsIsNoted() throws {
        let explanation = try Self.explained("down/x", .in, payload: [UInt8](repeating: 0x61, count: 1361))
        let crossing = try #require(Self.crossing(explanation))
        #expect(crossing.notes.first?.contains("1360 bytes at most") == true)
        #expect(crossing.line.received == "\r\n+MSUB: \"down/x\",1360 byte,".utf8.count + 1360 + 2)
        #expect(crossing.line.sent == 0)
    }

    @Test func aRouteThatCannotWorkIsNamed() {
        #expect(throws: CommandFailure.self) { try Self.explainer([Self.route(.out, "a/#/b")]) }
    }
}
