import Glibc
import LinuxIO

@testable import Control

/// What a client may send to the control socket: any bytes in any pieces. The server stands, its bounds hold, and the next
/// client is served.
@Sendable func fuzzControl(_ input: FuzzInput) {
    var input = input
    let cut = input.word()
    let says = input.flag()
    guard let scene = unsafe ControlScene.shared else { return report("no control socket could be made") }
    scene.run(input.rest, cut: cut, endsInput: says)
}

/// One server for all inputs: each leaves it as it found it, or the next one tells.
private final class ControlScene {
    nonisolated(unsafe) static let shared = try? ControlScene()

    private let loop: EventLoop
    private let server: ControlServer
    private let path = "/tmp/cellbridge-fuzz-\(getpid()).sock"

    private init() throws {
        loop = try EventLoop()
        server = try ControlServer(path, group: nil, loop: loop)
        server.onCall = { call in
            switch call.operation.utf8.first ?? 0 {
            case UInt8(ascii: "w"): call.tell("waiting")
            case UInt8(ascii: "f"): call.fail(75, call.operation)
            default: call.finish(call.arguments)
            }
        }
    }

    func run(_ bytes: [UInt8], cut: Int, endsInput: Bool) {
        guard let socket = try? UnixSocket.connect(path) else { return require(false, "nobody listens any more") }
        let place = bytes.isEmpty ? 0 : cut % bytes.count
        for piece in [bytes[..<place], bytes[place...]] where !piece.isEmpty {
            _ = try? socket.write(piece)
            turn()
        }
        if endsInput { shutdown(socket.raw, Int32(SHUT_WR)) }
        turn()
        // The next client gets its answer whatever that one said.
        guard let next = try? UnixSocket.connect(path) else { return require(false, "the next client is not served") }
        _ = try? next.write(Array("{\"id\":1,\"do\":\"echo\"}\n".utf8)[...])
        var answer: [UInt8] = []
        for _ in 0..<50 where !answer.contains(where: { $0 == 0x0A }) || answer.count < 60 {
            turn()
            answer += (try? next.read(upTo: 4096)) ?? []
        }
        require(String(decoding: answer, as: UTF8.self).contains("\"ok\":"), "answered with \(shown(answer))")
        require(server.clientCount <= ControlServer.maximumClients, "\(server.clientCount) clients")
    }

    /// Lets everything that is ready happen.
    private func turn() {
        let end = loop.now + .microseconds(200)
        loop.schedule(at: end) {}
        loop.run(until: { loop.now >= end })
    }
}
