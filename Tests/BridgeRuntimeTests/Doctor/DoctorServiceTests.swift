import Configuration
import Control
import LinuxIO
import Testing

@testable import BridgeRuntime

/// `doctor` through a service that is only played: what it asks for, and what it makes of refusals.
struct DoctorServiceTests {
    /// A service of which every answer is known beforehand; what is published comes back.
    private final class Played: Operations {
        var status: JSONValue = .members(["link": "online", "at": "online"])
        var mayAsk = true
        var acknowledges = true
        var comesBack = true
        var asked: [String] = []
        private(set) var cancelled: [Int64] = []
        private var listener: ((JSONValue) -> Void)?
        private var next: Int64 = 0
        private let loop: EventLoop

        init(_ loop: EventLoop) { self.loop = loop }

        var isService: Bool { true }
        var isOver: Bool { false }

        func begin(
            _ operation: String, _ arguments: [JSONValue.Member], onEvent: @escaping (JSONValue) -> Void,
            onEnd: @escaping (Result<JSONValue, CommandFailure>) -> Void
        ) -> Int64 {
            next += 1
            func argument(_ name: String) -> String? { arguments.first { $0.name == name }?.value.string }
            asked.append(operation + (argument("line").map { " \($0)" } ?? ""))
            switch operation {
            case "status": onEnd(.success(status))
            case "connect": onEnd(.failure(CommandFailure(.unavailable, "no link")))
            case "at":
                onEnd(
                    mayAsk
                        ? .success(Self.answer(argument("line") ?? ""))
                        : .failure(CommandFailure(.noPermission, "root only")))
            case "subscribe":
                listener = onEvent
                loop.schedule(after: .zero) { onEvent(.members(["subscribed": true])) }
            case "publish":
                let message = JSONValue.members([
                    "topic": "t", "payload_base64": .text(Base64.encode(Array((argument("payload") ?? "").utf8))),
                ])
                if comesBack { listener?(message) }
                if acknowledges { onEnd(.success(.members(["outcome": "acknowledged"]))) }
            default: Issue.record("\(operation) is no question")
            }
            return next
        }

        private static func answer(_ line: String) -> JSONValue {
            let lines: [String: String] = [
                "ATI": "AirM2M_780EP_V1010_LTE_AT", "AT+CPIN?": "+CPIN: READY", "AT+CSQ": "+CSQ: 24,0",
                "AT+COPS?": "+COPS: 0,2,\"46001\",7", "AT+CEREG?": "+CEREG: 1,1", "AT+CGATT?": "+CGATT: 1",
                "AT+CGPADDR=1": "+CGPADDR: 1,\"10.0.0.9\"",
            ]
            return .members([
                "lines": .list(lines[line].map { [.text($0)] } ?? []), "final": "OK", "ok": true, "milliseconds": 1,
            ])
        }

        func cancel(_ id: Int64) { cancelled.append(id) }
        func close() {}
    }

    private func doctor(_ loop: EventLoop, _ more: String = "") throws -> Doctor {
        let text = """
            [module]
            port = "/dev/x"
            [remote]
            host = "b.example"
            \(more)
            [[route]]
            direction = "out"
            topic = "#"
            """
        let loaded = Configuration.parse(
            text: Array(text.utf8), file: "c.toml", directory: "/nowhere", readSecrets: false)
        guard case .valid(let configuration, _) = loaded else { throw CommandFailure(.configuration, "\(loaded)") }
        var options = Doctor.Options()
        options.wait = .milliseconds(200)
        return Doctor(configuration, options: options, loop: loop, log: Log(threshold: .error) { _, _ in })
    }

    @Test func whereAllIsWellItOnlyAsks() throws {
        let loop = try EventLoop()
        let (service, doctor) = (Played(loop), try doctor(loop))
        try doctor.run(through: service)
        #expect(doctor.failure == nil)
        #expect(doctor.findings.map(\.stage) == DoctorStage.allCases)
        #expect(doctor.findings.filter { $0.outcome == .skipped }.map(\.stage) == [.dns, .tls])
        let commands = service.asked.filter { $0.hasPrefix("at ") }
        #expect(commands.allSatisfy { !$0.contains("=") || $0 == "at AT+CGPADDR=1" })
        #expect(service.cancelled.count == 1, "the subscription is taken back")
    }

    @Test func whoMayNotAskIsToldWhatTheStateProves() throws {
        let loop = try EventLoop()
        let (service, doctor) = (Played(loop), try doctor(loop))
        service.mayAsk = false
        try doctor.run(through: service)
        #expect(doctor.failure == nil)
        let skipped = doctor.findings.filter { $0.outcome == .skipped }.map(\.stage)
        #expect(skipped == [.identity, .card, .signal, .network, .registration, .attach, .address, .dns, .tls])
        #expect(service.asked.count { $0.hasPrefix("at ") } == 1)
    }

    @Test(arguments: [
        (true, false, "acknowledged, and did not come back"), (false, true, "no PUBACK"), (false, false, "no PUBACK"),
    ])
    func aMessageThatDoesNotComeBack(acknowledges: Bool, comesBack: Bool, text: String) throws {
        let loop = try EventLoop()
        let (service, doctor) = (Played(loop), try doctor(loop, "ack_timeout = \"1 s\""))
        (service.acknowledges, service.comesBack) = (acknowledges, comesBack)
        try doctor.run(through: service)
        #expect(doctor.failure?.stage == .publish && doctor.failure?.text.hasSuffix(text) == true, "\(doctor.findings)")
    }

    @Test(
        arguments: [
            ("waiting for the port", nil, DoctorStage.port), ("the module is mute", nil, .rate),
            ("pausing before a new TCP connection", "no TCP connection to b.example:1883", .tcp),
            ("pausing before a new TCP connection", "the broker refused the session", .mqtt),
            ("opening the TCP connection (AT+MIPSTART)", nil, .tcp),
        ] as [(String, String?, DoctorStage)])
    func offline(at: String, reason: String?, stage: DoctorStage) throws {
        let loop = try EventLoop()
        let (service, doctor) = (Played(loop), try doctor(loop))
        service.status = .members(["link": "offline", "at": .text(at), "reason": .text(reason)])
        try doctor.run(through: service)
        #expect(doctor.failure?.stage == stage && doctor.findings.last?.stage == stage)
    }

    @Test func anInterruptEndsIt() throws {
        let loop = try EventLoop()
        let (service, doctor) = (Played(loop), try doctor(loop))
        service.comesBack = false
        var isInterrupted = false
        doctor.isInterrupted = { isInterrupted }
        loop.schedule(after: .milliseconds(50)) { isInterrupted = true }
        #expect(throws: CommandFailure.interrupted) { try doctor.run(through: service) }
    }
}
