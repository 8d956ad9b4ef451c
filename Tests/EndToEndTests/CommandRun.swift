import BridgeTestKit
import Glibc
import LinuxIO
import Testing

/// A command beside a rig: `cellbridge`, or one of Mosquitto's at the remote broker, with what came of it.
final class CommandRun {
    let child: ChildProcess
    private let folder: TemporaryDirectory
    private let name: String

    init(_ rig: BridgeRig, _ program: String, _ arguments: [String], input: [UInt8]? = nil) throws {
        folder = try TemporaryDirectory("run")
        name = ([program.split(separator: "/").last.map(String.init) ?? ""] + arguments).joined(separator: " ")
        var options = ChildProcess.Options(program, arguments)
        if let input {
            try Files.writeAtomically(folder.file("in"), input)
            options.standardInput = .file(folder.file("in"))
        }
        (options.standardOutput, options.standardError) = (.file(folder.file("out")), .file(folder.file("err")))
        child = try ChildProcess(options, loop: rig.loop)
    }

    deinit { child.signal(SIGKILL) }

    /// What it has written so far.
    var output: [UInt8] { (try? Files.read(folder.file("out"), limit: 1 << 24)) ?? [] }
    var text: String { String(decoding: output, as: UTF8.self) }
    var errors: String { String(decoding: (try? Files.read(folder.file("err"), limit: 1 << 24)) ?? [], as: UTF8.self) }
    /// Its exit status; nil while it runs, 128 and the signal when one ended it.
    var status: Int32? {
        switch child.exitStatus {
        case .exited(let code): code
        case .signalled(let number): 128 + number
        case .unknown: -1
        case nil: nil
        }
    }
    var report: String {
        "\(name): \(status.map(String.init) ?? "running")\n\(text.prefix(2000))\n\(errors.suffix(3000))"
    }

    /// Waits for its end.
    @discardableResult
    func finish(_ rig: BridgeRig, limit: Duration = .seconds(30)) throws -> CommandRun {
        guard runLoop(rig.loop, limit: limit, until: { child.exitStatus != nil }) else {
            throw RigFailure("no end within \(limit): \(report)\n\(rig.diagnosis)")
        }
        return self
    }
}

extension BridgeRig {
    /// A rig for commands: no messages of its own, the remote broker's log tells all.
    static func forCommands(
        _ change: (inout Options) -> Void = { _ in }
    ) throws -> BridgeRig {
        var options = Options()
        options.remote.extraLines.append("log_type all")
        change(&options)
        return try BridgeRig(options)
    }

    /// `cellbridge WORDS -c FILE`, started.
    func begin(_ words: [String], input: [UInt8]? = nil) throws -> CommandRun {
        try CommandRun(self, program, words + ["-c", directory.file("cellbridge.toml")], input: input)
    }

    /// `cellbridge WORDS -c FILE`, and its end.
    func command(_ words: [String], input: [UInt8]? = nil, limit: Duration = .seconds(30)) throws -> CommandRun {
        try begin(words, input: input).finish(self, limit: limit)
    }

    /// `mosquitto_pub` and the like at the remote broker, started; `port`: at another one.
    func mosquitto(_ tool: String, _ words: [String], input: [UInt8]? = nil, port: Int? = nil) throws -> CommandRun {
        try CommandRun(
            self, "/usr/bin/mosquitto_\(tool)", ["-h", "127.0.0.1", "-p", "\(port ?? remote.port)"] + words,
            input: input)
    }

    /// Subscriptions that the remote broker has granted so far.
    var grants: Int { remote.log.split(separator: "\n").count { $0.contains("Sending SUBACK") } }

    /// Starts something that subscribes once at the remote broker, and waits until it has; `byModule`: until the module
    /// has said so.
    func awaitGrant(byModule: Bool = false, _ start: () throws -> CommandRun) throws -> CommandRun {
        let (before, mark, logMark) = (grants, simulator.transcript.mark, log.mark)
        let run = try start()
        guard runLoop(loop, limit: .seconds(20), until: { grants > before || run.child.exitStatus != nil }),
            grants > before
        else { throw RigFailure("no subscription: \(run.report)\n\(diagnosis)") }
        guard byModule else { return run }
        try wait("the module's SUBACK") { simulator.transcript.contains("SUBACK", after: mark) }
        // The service that has read it tells the command in the same turn.
        if let bridge, bridge.exitStatus == nil {
            try wait("the service's SUBACK") { log.first(after: logMark) { $0.contains("<- SUBACK") } != nil }
        }
        return run
    }
}
