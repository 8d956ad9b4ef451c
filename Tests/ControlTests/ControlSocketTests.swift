import BridgeTestKit
import CLinuxShims
import Glibc
import LinuxIO
import PrivateBroker
import Testing

@testable import Control

/// A real socket, a real loop, both ends in this process.
struct ControlSocketTests {
    private final class Scene {
        let loop: EventLoop
        let directory: TemporaryDirectory
        let server: ControlServer
        var calls: [ControlCall] = []

        init() throws {
            loop = try EventLoop()
            directory = try TemporaryDirectory("control")
            server = try ControlServer(
                directory.file("s"), group: nil, about: [.init(name: "name", value: "box")], loop: loop)
            server.onCall = { [unowned self] call in
                calls.append(call)
                switch call.operation {
                case "echo": call.finish(call.arguments["value"] ?? .null)
                case "refuse": call.fail(75, "not now")
                case "count":
                    for number in 0..<3 { call.tell(.number(Int64(number))) }
                    call.finish("done")
                default: break
                }
            }
        }

        var path: String { directory.file("s") }

        /// A client that speaks bytes.
        func raw() throws -> LineConnection {
            try LineConnection(try UnixSocket.connect(path), loop: loop, outputLimit: 1 << 22)
        }

        @discardableResult
        func wait(_ condition: () -> Bool) -> Bool { runLoop(loop, limit: .seconds(10), until: condition) }
    }

    @Test func requestsAreAnswered() throws {
        let scene = try Scene()
        let client = try ControlClient(scene.path, loop: scene.loop)
        #expect(client.greeting?["name"]?.string == "box")
        #expect(try client.call("echo", [.init(name: "value", value: "ü\n")]) == "ü\n")
        var events: [JSONValue] = []
        #expect(try client.call("count", onEvent: { events.append($0) }) == "done")
        #expect(events == [0, 1, 2])
        #expect(throws: ControlClient.Failure.refused(code: 75, text: "not now")) { try client.call("refuse") }
        #expect(scene.calls.first?.peer.user == getuid() && scene.calls.first?.peer.pid == getpid())
    }

    @Test func theSocketIsForItsGroupOnly() throws {
        let scene = try Scene()
        var status = stat()
        #expect(unsafe stat(scene.path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o660)
        scene.server.close()
        #expect(!Files.exists(scene.path))
    }

    @Test func theSocketOfADeadProcessIsReplacedAndThatOfALivingOneIsNot() throws {
        let scene = try Scene()
        #expect(throws: UnixSocket.ListenFailure.inUse(path: scene.path)) {
            try ControlServer(scene.path, group: nil, loop: scene.loop)
        }
        // A listener that goes without removing its file, as a killed process does.
        let other = scene.directory.file("dead")
        _ = try UnixSocket.listen(other, mode: 0o600, group: nil)
        #expect(Files.exists(other))
        let server = try ControlServer(other, group: nil, loop: scene.loop)
        _ = try ControlClient(other, loop: scene.loop)
        server.close()
        let file = scene.directory.file("file")
        try Files.writeAtomically(file, [1])
        #expect(throws: UnixSocket.ListenFailure.noSocket(path: file)) {
            try ControlServer(file, group: nil, loop: scene.loop)
        }
        #expect(try Files.read(file, limit: 10) == [1])
    }

    @Test func aMissingServiceIsSaid() throws {
        let scene = try Scene()
        let path = scene.directory.file("nothing")
        #expect(throws: ControlClient.Failure.nobody(path: path)) { try ControlClient(path, loop: scene.loop) }
        let long = scene.directory.file(String(repeating: "x", count: 200))
        #expect(throws: ControlClient.Failure.self) { try ControlClient(long, loop: scene.loop) }
    }

    @Test(arguments: [
        ("rubbish", "not JSON"), ("[1]", "a request is an object"), ("{\"do\":7}", "a request is an object"),
        ("{\"id\":1}", "a request is an object"), ("{\"do\":\"echo\",\"do\":\"echo\"}", "not JSON"),
    ])
    func rubbishIsRefusedWithAReasonAndTheConnectionStays(line: String, reason: String) throws {
        let scene = try Scene()
        let client = try scene.raw()
        var lines: [String] = []
        client.onLine = { lines.append(String(decoding: $0, as: UTF8.self)) }
        client.send(Array(line.utf8))
        client.send(Array("{\"id\":2,\"do\":\"echo\",\"value\":5}".utf8))
        scene.wait { lines.count == 3 }
        #expect(lines.count == 3 && lines[1].contains(reason) && lines[1].contains("\"code\":64"))
        #expect(lines.last == "{\"id\":2,\"ok\":5}")
    }

    @Test func halfALineHoldsUpNobody() throws {
        let scene = try Scene()
        let half = try UnixSocket.connect(scene.path)
        #expect(try half.write(Array("{\"id\":1,\"do\":".utf8)[...]) > 0)
        let client = try ControlClient(scene.path, loop: scene.loop)
        #expect(try client.call("echo", [.init(name: "value", value: 1)]) == 1)
        #expect(try half.write(Array("\"echo\"}\n".utf8)[...]) > 0)
        scene.wait { scene.calls.count == 2 }
        #expect(scene.calls.count == 2)
    }

    @Test func anEndlessLineEndsTheConnection() throws {
        let scene = try Scene()
        let client = try scene.raw()
        var end: LineConnection.End?
        client.onEnd = { end = $0 }
        client.send([UInt8](repeating: 0x61, count: ControlServer.lineLimit + 20_000))
        scene.wait { end != nil }
        #expect(end != nil && scene.server.clientCount == 0 && scene.calls.isEmpty)
    }

    @Test func aClientThatNeverReadsIsLetGo() throws {
        let scene = try Scene()
        let deaf = try scene.raw()
        deaf.pauseReading(true)
        deaf.send(Array("{\"id\":1,\"do\":\"stream\"}".utf8))
        scene.wait { scene.calls.count == 1 }
        var isCancelled = false
        scene.calls[0].onCancel = { isCancelled = true }
        let text = JSONValue.text(String(repeating: "x", count: 10_000))
        var told = 0
        while scene.calls[0].tell(text), told < 1000 { told += 1 }
        // What the kernel holds and what the server holds for it, not more.
        #expect(told > 50 && told < 200)
        scene.wait { isCancelled }
        #expect(isCancelled && scene.server.clientCount == 0)
        let client = try ControlClient(scene.path, loop: scene.loop)
        #expect(try client.call("echo", [.init(name: "value", value: 1)]) == 1)
    }

    @Test func callsAndClientsAreBounded() throws {
        let scene = try Scene()
        let busy = try ControlClient(scene.path, loop: scene.loop)
        var answers: [Result<JSONValue, ControlClient.Failure>] = []
        for _ in 0...ControlServer.maximumCalls { busy.begin("wait") { answers.append($0) } }
        scene.wait { !answers.isEmpty }
        #expect(scene.calls.count == ControlServer.maximumCalls)
        #expect(answers.first == .failure(.refused(code: 75, text: "16 requests wait already")))
        var others: [ControlClient] = []
        for _ in 1..<ControlServer.maximumClients { others.append(try ControlClient(scene.path, loop: scene.loop)) }
        #expect(throws: ControlClient.Failure.refused(code: 75, text: "too many clients; try again")) {
            try ControlClient(scene.path, loop: scene.loop)
        }
        others.removeAll()
        scene.wait { scene.server.clientCount == 1 }
        _ = try ControlClient(scene.path, loop: scene.loop)
    }

    @Test func acancelledCallAndAClientThatGoesAreNoticed() throws {
        let scene = try Scene()
        let client = try ControlClient(scene.path, loop: scene.loop)
        var ended = 0
        let id = client.begin("wait") { _ in ended += 1 }
        client.begin("wait") { _ in ended += 1 }
        scene.wait { scene.calls.count == 2 }
        var cancelled: [Int] = []
        for (index, call) in scene.calls.enumerated() { call.onCancel = { cancelled.append(index) } }
        client.cancel(id)
        scene.wait { !cancelled.isEmpty }
        #expect(cancelled == [0] && ended == 0)
        client.close()
        scene.wait { cancelled.count == 2 }
        #expect(cancelled == [0, 1])
        #expect(!scene.calls[1].tell("late"))
        scene.calls[1].finish()
    }

    /// `echo '{"do":…}' | nc -N -U …`: the other side has said all and waits for the answer.
    @Test func whoSaysNoMoreStillGetsAnAnswer() throws {
        let scene = try Scene()
        scene.server.onCall = { [loop = scene.loop] call in
            loop.schedule(after: .milliseconds(20)) { call.finish("late") }
        }
        let socket = try UnixSocket.connect(scene.path)
        #expect(try socket.write(Array("{\"id\":1,\"do\":\"x\"}\n".utf8)[...]) > 0)
        shutdown(socket.raw, Int32(SHUT_WR))
        var text: [UInt8] = []
        let raw = socket.raw
        scene.wait {
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = unsafe recv(raw, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count > 0 { text += buffer.prefix(count) }
            return count == 0
        }
        #expect(String(decoding: text, as: UTF8.self).hasSuffix("{\"id\":1,\"ok\":\"late\"}\n"))
        #expect(scene.server.clientCount == 0)
    }
}
